/** A subscriber, as the index sees it. */
interface Watcher {
  keys: string[] | undefined;
  readonly isGone: boolean;
}

/** Those who watch a key. */
interface WatchedKey<W extends Watcher> {
  readonly key: string;
  watchers: W[];
  /** How many of them are gone. */
  gone: number;
}

/**
 * Finds the watchers of a key. A pair of them takes one word here, and one in the keys of the watcher, which are the same strings for
 * all watchers. A watcher that is gone stays in an array until half of the array are gone, so that its removal costs O(its keys),
 * even if they are popular.
 */
export class WatchIndex<W extends Watcher> {
  readonly #byKey = new Map<string, WatchedKey<W>>();

  /** The watchers of a key. Some of them may be gone. */
  watchersOf(key: string): readonly W[] {
    return this.#byKey.get(key)?.watchers ?? [];
  }

  /** Adds a watcher with its keys. */
  add(watcher: W): void {
    watcher.keys = watcher.keys!.map((key) => this.#watch(key, watcher));
  }

  /** Adds keys to a watcher, or removes them from it. */
  edit(watcher: W, edits: Iterable<readonly [key: string, isAdded: boolean]>): void {
    const keys = new Set(watcher.keys);
    for (const [key, isAdded] of edits) {
      if (keys.has(key) === isAdded) continue;
      if (isAdded) {
        keys.add(this.#watch(key, watcher));
      } else {
        keys.delete(key);
        this.#unwatch(key, watcher);
      }
    }
    watcher.keys = [...keys];
  }

  /** Removes a watcher that has just gone. */
  forget(watcher: W): void {
    for (const key of watcher.keys!) {
      const watched = this.#byKey.get(key)!;
      watched.gone++;
      if (2 * watched.gone < watched.watchers.length) continue;
      watched.watchers = watched.watchers.filter(({ isGone }) => !isGone);
      watched.gone = 0;
      if (watched.watchers.length === 0) this.#byKey.delete(key);
    }
  }

  /** Returns the string that all watchers of this key share. */
  #watch(key: string, watcher: W): string {
    const watched = this.#byKey.get(key);
    if (watched === undefined) this.#byKey.set(key, { key, watchers: [watcher], gone: 0 });
    else watched.watchers.push(watcher);
    return watched?.key ?? key;
  }

  #unwatch(key: string, watcher: W): void {
    const { watchers } = this.#byKey.get(key)!;
    watchers.splice(watchers.indexOf(watcher), 1);
    if (watchers.length === 0) this.#byKey.delete(key);
  }
}
