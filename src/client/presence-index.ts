import { IndexedEntry } from "./indexed-entry.ts";
import { copyJson, setMember } from "./json-copy.ts";
import type { BaseEntry, OnJoin, OnLeave, PresenceDiff, PresenceState } from "./presence-state.ts";
import { withMetas } from "./sync-diff.ts";

export interface PresenceCallbacks<E extends BaseEntry> {
  readonly onJoin?: OnJoin<E> | undefined;
  readonly onLeave?: OnLeave<E> | undefined;
}

/** The call of a callback. It runs once a message is fully applied, so that a callback that throws does no harm. */
export type DeferredCall = () => void;

/** The presences of a client, in maps. The cost of a change does not depend on the number of presences. */
export class PresenceIndex<E extends BaseEntry> {
  readonly #entries = new Map<string, IndexedEntry<E>>();
  #state: PresenceState<E> | undefined;

  /** The same object until something changes. */
  get state(): PresenceState<E> {
    if (!this.#state) {
      const state: Record<string, E> = {};
      for (const [key, indexed] of this.#entries) setMember(state, key, indexed.snapshot);
      this.#state = state;
    }
    return this.#state;
  }

  /** Applies a diff as `syncDiff` does, and adds the calls of the callbacks to `calls`. */
  applyDiff(
    { joins, leaves }: PresenceDiff<E>,
    { onJoin, onLeave }: PresenceCallbacks<E>,
    calls: DeferredCall[],
  ): void {
    for (const key of Object.keys(joins)) this.#join(key, this.#entries.get(key), joins[key]!, onJoin, calls);
    for (const key of Object.keys(leaves)) {
      const left = leaves[key]!;
      this.#leave(key, left, left.metas.map(refOf), onLeave, calls);
    }
  }

  /** Applies a state as `syncState` does, and adds the calls of the callbacks to `calls`. */
  applyState(
    fresh: PresenceState<E>,
    { onJoin, onLeave }: PresenceCallbacks<E>,
    calls: DeferredCall[],
  ): void {
    const [goneKeys, lostMetas] = [emptyLeaves<E>(), emptyLeaves<E>()];
    let unseen = this.#entries.size;
    for (const key of Object.keys(fresh)) {
      const entry = fresh[key]!;
      const indexed = this.#entries.get(key);
      if (!indexed) {
        this.#join(key, indexed, entry, onJoin, calls);
        continue;
      }
      unseen--;
      if (indexed.hasOnlyMetaOf(entry)) continue;
      const joined = entry.metas.filter((meta) => !indexed.has(meta.phx_ref));
      const refs = new Set(entry.metas.map(refOf));
      const lost = indexed.refs().filter((ref) => !refs.has(ref));
      if (lost.length) lostMetas[key] = [indexed.withOnly(lost), lost];
      if (joined.length) this.#join(key, indexed, withMetas(entry, joined), onJoin, calls);
    }
    if (unseen) {
      for (const [key, indexed] of this.#entries) {
        if (!Object.hasOwn(fresh, key)) goneKeys[key] = [indexed.snapshot, indexed.refs()];
      }
    }
    // The order of the official client: removed keys first. As in any object, integer keys come before all others.
    const all = Object.assign(goneKeys, lostMetas);
    for (const key of Object.keys(all)) this.#leave(key, ...all[key]!, onLeave, calls);
  }

  #join(
    key: string,
    indexed: IndexedEntry<E> | undefined,
    entry: E,
    onJoin: OnJoin<E> | undefined,
    calls: DeferredCall[],
  ): void {
    if (onJoin) calls.push(deferred(onJoin, key, indexed?.snapshot, entry));
    if (indexed) indexed.join(entry);
    else this.#entries.set(key, new IndexedEntry(entry));
    this.#state = undefined;
  }

  #leave(
    key: string,
    entry: E,
    refs: readonly string[],
    onLeave: OnLeave<E> | undefined,
    calls: DeferredCall[],
  ): void {
    const indexed = this.#entries.get(key);
    if (!indexed) return;
    for (const ref of refs) if (indexed.leave(ref)) this.#state = undefined;
    if (!indexed.size) {
      this.#entries.delete(key);
      this.#state = undefined;
    }
    if (onLeave) calls.push(deferred(onLeave, key, indexed.snapshot, entry));
  }
}

/** A function of its own: a closure in the loop over the keys would cost every key, also without callbacks. */
function deferred<Current, E>(
  callback: (key: string, current: Current, changed: E) => void,
  key: string,
  current: Current,
  changed: E,
): DeferredCall {
  const copy = copyJson(changed);
  return () => callback(key, current, copy);
}

/** Maps each key to the entry that left and to its refs. */
function emptyLeaves<E extends BaseEntry>(): Record<string, readonly [left: E, refs: readonly string[]]> {
  return Object.create(null);
}

function refOf(meta: { readonly phx_ref: string }): string {
  return meta.phx_ref;
}
