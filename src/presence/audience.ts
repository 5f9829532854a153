import type { NetChange, TopicChange } from "./net-change.ts";
import type { Projector } from "./projector.ts";
import type { Subscriber } from "./subscriber.ts";
import { WatchIndex } from "./watch-index.ts";

/** A change of a topic, and the subscribers that get it. */
export interface SharedChange<S extends object, P extends object> {
  /** Whether it is the whole change of the topic. */
  readonly isWhole: boolean;
  readonly change: TopicChange<S>;
  /** The keys that they watch, or `undefined` if that makes no difference for the projection. */
  readonly keys: readonly string[] | undefined;
  readonly subscribers: readonly Subscriber<S, P>[];
}

/** Subscribers that wait for the same state. */
export interface SharedState<S extends object, P extends object> {
  /** The keys that they watch, or `undefined`: all. */
  readonly keys: readonly string[] | undefined;
  readonly subscribers: Set<Subscriber<S, P>>;
}

/** The most entries that are kept for a paused subscriber. Beyond them, it gets a state when it resumes. */
const MAX_MISSED = 1_000;

/** How a topic is read. Without keys it is read whole. */
export type TopicView<S extends object> = Pick<
  Projector<S, never>,
  "createNetChange" | "pick" | "isPerKeySet"
> & {
  read(keys?: readonly string[]): S;
  /** The presences of these keys, as if they joined now. */
  readJoins(keys: readonly string[]): S;
};

/**
 * The subscribers of one feed: those of the whole topic, and those of some of its keys. It finds out what each of them gets of a
 * change, in O(subscribers that watch a changed key), and who can share a projection.
 */
export class Audience<S extends object, P extends object> {
  readonly #view: TopicView<S>;
  /** Everyone that is not gone. */
  readonly #all = new Set<Subscriber<S, P>>();
  /** Those that follow the whole topic. */
  readonly #ofTopic = new Set<Subscriber<S, P>>();
  /** Those that watch keys, whether they follow already or not. */
  readonly #ofKeys = new WatchIndex<Subscriber<S, P>>();
  /** Those that may need a diff even if the topic does not change. */
  readonly #needy = new Set<Subscriber<S, P>>();
  #followers = 0;

  constructor(view: TopicView<S>) {
    this.#view = view;
  }

  get size(): number {
    return this.#all.size;
  }

  get hasFollowers(): boolean {
    return this.#followers > 0;
  }

  /** Whether some subscriber needs a diff even if the topic does not change. */
  get isNeedy(): boolean {
    return this.#needy.size > 0;
  }

  add(subscriber: Subscriber<S, P>): void {
    this.#all.add(subscriber);
    if (subscriber.keys !== undefined) this.#ofKeys.add(subscriber);
  }

  /** The subscriber gets nothing more. */
  remove(subscriber: Subscriber<S, P>): void {
    this.#setStatus(subscriber, "gone");
    this.#all.delete(subscriber);
    if (subscriber.keys !== undefined) this.#ofKeys.forget(subscriber);
  }

  removeAll(): Subscriber<S, P>[] {
    const all = [...this.#all];
    for (const subscriber of all) this.remove(subscriber);
    return all;
  }

  /** The subscriber has been sent a state. */
  follow(subscriber: Subscriber<S, P>): void {
    this.#setStatus(subscriber, "following");
  }

  /** The subscriber is not up to date any more, and gets no diffs. */
  unfollow(subscriber: Subscriber<S, P>, status: "outdated" | "awaiting" | "projecting"): void {
    this.#setStatus(subscriber, status);
    subscriber.missed = undefined;
    if (status !== "projecting") this.#applyEdits(subscriber);
  }

  editKeys(subscriber: Subscriber<S, P>, keys: readonly string[], isAdded: boolean): void {
    subscriber.edit(keys, isAdded);
    if (subscriber.isFollowing) this.#updateNeed(subscriber);
    else if (subscriber.status !== "projecting") this.#applyEdits(subscriber);
  }

  pause(subscriber: Subscriber<S, P>): void {
    subscriber.isPaused = true;
    this.#needy.delete(subscriber);
  }

  resume(subscriber: Subscriber<S, P>): void {
    subscriber.isPaused = false;
    this.#updateNeed(subscriber);
  }

  /** Everyone that follows, whole or by keys. */
  followers(): Subscriber<S, P>[] {
    return [...this.#all].filter(({ isFollowing }) => isFollowing);
  }

  /** Groups those that wait for a state by what they will see. */
  groupByState(subscribers: Iterable<Subscriber<S, P>>): Map<string, SharedState<S, P>> {
    const groups = new Map<string, SharedState<S, P>>();
    for (const subscriber of subscribers) {
      const { keys } = subscriber;
      const content = stateContentOf(subscriber);
      const group = groups.get(content) ?? { keys, subscribers: new Set() };
      groups.set(content, group);
      group.subscribers.add(subscriber);
    }
    return groups;
  }

  /**
   * What each follower gets of the changes since the last batch. Who gets the same shares one change. Edits of keys become part of
   * it: the joins of a key that is added, and the leaves of what its watchers had of one that is removed. With `isAnnounced` the
   * first is the whole change, even if no subscriber gets it.
   */
  share(changes: NetChange<S>, isAnnounced: boolean): SharedChange<S, P>[] {
    const full = changes.toChange();
    const changedKeys = [...new Set([...Object.keys(full.joins), ...Object.keys(full.leaves)])];
    const needy = [...this.#needy];
    const ofTopic = changes.isEmpty ? [] : this.#shareWhole(full);
    const shared: SharedChange<S, P>[] = [];
    // The others get copies, as fetch may change what it gets.
    if (ofTopic.length > 0 || isAnnounced)
      shared.push({ isWhole: true, change: full, keys: undefined, subscribers: ofTopic });
    shared.push(...this.#shareByKeys(full, changedKeys));
    for (const subscriber of needy) {
      const before = subscriber.keys ?? [];
      const change = this.#ownChange(subscriber, full, changedKeys);
      // A key that is removed is in the leaves too.
      const keys =
        subscriber.keys && this.#view.isPerKeySet ? [...new Set([...before, ...subscriber.keys])] : undefined;
      if (change !== undefined) shared.push({ isWhole: false, change, keys, subscribers: [subscriber] });
    }
    return shared;
  }

  #shareWhole(change: TopicChange<S>): Subscriber<S, P>[] {
    const subscribers: Subscriber<S, P>[] = [];
    for (const subscriber of this.#ofTopic) {
      if (subscriber.isPaused) this.#missed(subscriber, change);
      else if (!this.#needy.has(subscriber)) subscribers.push(subscriber);
    }
    return subscribers;
  }

  /** A paused subscriber is not sent this change. */
  #missed(subscriber: Subscriber<S, P>, change: TopicChange<S>): void {
    subscriber.missed ??= this.#view.createNetChange();
    subscriber.missed.add(change);
    if (subscriber.missed.size > MAX_MISSED) this.unfollow(subscriber, "outdated");
  }

  #shareByKeys(full: TopicChange<S>, changedKeys: readonly string[]): SharedChange<S, P>[] {
    /** Which of the changed keys each watcher watches, as text: watchers with the same text share. */
    const contents = new Map<Subscriber<S, P>, string>();
    for (const [at, key] of changedKeys.entries()) {
      for (const watcher of this.#ofKeys.watchersOf(key)) {
        if (!watcher.isFollowing || this.#needy.has(watcher)) continue;
        contents.set(watcher, `${contents.get(watcher) ?? ""}${at},`);
      }
    }
    const groups = new Map<
      string,
      { content: string; keys: string[] | undefined; subscribers: Subscriber<S, P>[] }
    >();
    for (const [watcher, content] of contents) {
      if (watcher.isPaused) {
        this.#missed(watcher, this.#pickBoth(full, keysIn(content, changedKeys)));
        continue;
      }
      const keys = this.#view.isPerKeySet ? watcher.keys : undefined;
      const id = keys === undefined ? content : `${content} ${stateContentOf(watcher)}`;
      const group = groups.get(id) ?? { content, keys, subscribers: [] };
      groups.set(id, group);
      group.subscribers.push(watcher);
    }
    return Array.from(groups.values(), ({ content, keys, subscribers }) => {
      const change = this.#pickBoth(full, keysIn(content, changedKeys));
      return { isWhole: false, change, keys, subscribers };
    });
  }

  /** What one subscriber gets that has missed changes or edited its keys. */
  #ownChange(
    subscriber: Subscriber<S, P>,
    full: TopicChange<S>,
    changedKeys: readonly string[],
  ): TopicChange<S> | undefined {
    const net = this.#view.createNetChange();
    if (subscriber.missed !== undefined) net.add(subscriber.missed.toChange());
    subscriber.missed = undefined;
    this.#needy.delete(subscriber);
    const edits = [...subscriber.takeEdits()];
    const removed = edits.filter(([, isAdded]) => !isAdded);
    const added = edits.filter(([, isAdded]) => isAdded);
    if (removed.length > 0) {
      net.add({ joins: {} as S, leaves: this.#before(keysOf(removed), full) });
      this.#ofKeys.edit(subscriber, removed);
    }
    const watched = subscriber.keys && new Set(subscriber.keys);
    net.add(this.#pickBoth(full, watched && changedKeys.filter((key) => watched.has(key))));
    if (added.length > 0) {
      net.add({ joins: this.#view.readJoins(keysOf(added)), leaves: {} as S });
      this.#ofKeys.edit(subscriber, added);
    }
    return net.isEmpty ? undefined : net.toChange();
  }

  /** What these keys had at the last batch: what they have now, without the changes since. */
  #before(keys: readonly string[], full: TopicChange<S>): S {
    const net = this.#view.createNetChange();
    const { joins, leaves } = this.#pickBoth(full, keys);
    net.add({ joins: this.#view.read(keys), leaves: joins });
    net.add({ joins: leaves, leaves: {} as S });
    return net.toChange().joins;
  }

  #pickBoth({ joins, leaves }: TopicChange<S>, keys?: readonly string[]): TopicChange<S> {
    return { joins: this.#view.pick(joins, keys), leaves: this.#view.pick(leaves, keys) };
  }

  #applyEdits(subscriber: Subscriber<S, P>): void {
    if (subscriber.edits !== undefined) this.#ofKeys.edit(subscriber, subscriber.takeEdits());
  }

  #updateNeed(subscriber: Subscriber<S, P>): void {
    if (subscriber.needsDiff) this.#needy.add(subscriber);
    else this.#needy.delete(subscriber);
  }

  #setStatus(subscriber: Subscriber<S, P>, status: Subscriber<S, P>["status"]): void {
    const wasFollowing = subscriber.isFollowing;
    subscriber.status = status;
    this.#updateNeed(subscriber);
    if (subscriber.isFollowing === wasFollowing) return;
    this.#followers += wasFollowing ? -1 : 1;
    if (subscriber.keys !== undefined) return;
    if (wasFollowing) this.#ofTopic.delete(subscriber);
    else this.#ofTopic.add(subscriber);
  }
}

function keysOf(edits: readonly (readonly [key: string, isAdded: boolean])[]): string[] {
  return edits.map(([key]) => key);
}

function keysIn(content: string, changedKeys: readonly string[]): string[] {
  return content
    .slice(0, -1)
    .split(",")
    .map((at) => changedKeys[Number(at)]!);
}

/** One text for all subscribers that see the same state. */
export function stateContentOf({ keys }: { readonly keys: readonly string[] | undefined }): string {
  return keys === undefined ? "" : JSON.stringify(keys.toSorted());
}
