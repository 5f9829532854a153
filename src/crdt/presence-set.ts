import { AlreadyTrackedError, LimitError, NotTrackedError } from "../errors.ts";
import type { Meta, PresenceMeta } from "../payload.ts";
import { catchUp } from "./catch-up.ts";
import { type Change, ChangeRecorder, NO_CHANGE, NO_LISTENER } from "./change.ts";
import type { Fragment, LeavePair, LiveDot, Operation } from "./fragment.ts";
import { Intervals } from "./intervals.ts";
import { LiveEntry, type PresenceRecord } from "./live-entry.ts";
import { merge } from "./merge.ts";
import { copyContent } from "./meta.ts";
import { PendingOperations } from "./pending-operations.ts";
import { Slice } from "./slice.ts";
import { VisibleTopics } from "./visible-topics.ts";

/**
 * What a `PresenceSet` is made with.
 *
 * @example
 * const options: PresenceSetOptions = { replica: "tokyo" };
 */
export interface PresenceSetOptions {
  /** The id of this replica: unique to this start of it, as its dots start at 1. */
  replica: string;
  /**
   * How many recent leaves to remember of each replica: who missed fewer is sent just those. About 40 bytes each.
   * @defaultValue 4 096
   */
  logLimit?: number;
  /**
   * Asked before each local join and update, and may throw: the caller gets the error, and nothing is changed. The
   * place for limits.
   * @example ({ topic, key, meta }) => assertFits({ topic, key, meta }, 8_000)
   */
  admit?: (presence: { readonly topic: string; readonly key: string; readonly meta: Meta }) => void;
}

const DEFAULT_LOG_LIMIT = 4_096;

/**
 * The presences of all replicas that one replica knows of: a CRDT whose only writer of a slice is its replica.
 * It does no I/O and reads no clock. The caller carries fragments between sets, in any order, any number of
 * times; sets that have seen the same list the same.
 *
 * @example
 * const tokyo = new PresenceSet({ replica: "tokyo" });
 * const paris = new PresenceSet({ replica: "paris" });
 * paris.show("tokyo");
 * tokyo.join(1, "lobby", "alice", { device: "phone" });
 * paris.merge(fragmentOf("tokyo", tokyo.takeSteps()));
 * paris.count("lobby"); // 1
 */
export class PresenceSet {
  #own: Slice;
  #history = new PendingOperations();
  #slices = new Map<string, Slice>();
  readonly #hidden = new Set<Slice>();
  readonly #view = new VisibleTopics();
  readonly #logLimit: number;
  readonly #admit: PresenceSetOptions["admit"];

  /** @throws {LimitError} when `logLimit` is no number of at least 0. */
  constructor({ replica, logLimit = DEFAULT_LOG_LIMIT, admit }: PresenceSetOptions) {
    if (!(logLimit >= 0)) {
      throw new LimitError(
        `logLimit is ${logLimit}; it must be a number of at least 0. Leave it out for ${DEFAULT_LOG_LIMIT}.`,
        {
          limit: "logLimit",
          given: logLimit,
          allowed: 0,
        },
      );
    }
    this.#admit = admit;
    this.#logLimit = logLimit;
    this.#own = new Slice(replica, logLimit);
    this.#slices.set(replica, this.#own);
  }

  /**
   * The id of this replica.
   * @example fragmentOf(set.replica, set.takeSteps());
   */
  get replica(): string {
    return this.#own.replica;
  }

  /**
   * Adds a presence of our own. The meta, plain JSON, is copied.
   *
   * @throws {AlreadyTrackedError} when this owner holds this key in this topic. Nothing is changed.
   * @example
   * const { ref } = set.join(1, "lobby", "alice", { device: "phone" });
   */
  join(owner: number, topic: string, key: string, meta: Meta): PresenceRecord {
    if (this.#own.top(owner, topic, key) !== undefined) throw new AlreadyTrackedError(topic, key);
    this.#admit?.({ topic, key, meta });
    return this.#join(owner, topic, key, copyContent(meta));
  }

  /**
   * Puts a new meta in place of the one that this presence had: one change, the old meta in its leaves and the
   * new one in its joins.
   *
   * @throws {NotTrackedError} when this owner does not hold this key in this topic. Nothing is changed.
   * @example
   * set.update(1, "lobby", "alice", { device: "phone", typing: true });
   */
  update(owner: number, topic: string, key: string, meta: Meta): Change {
    const old = this.#own.top(owner, topic, key);
    if (old === undefined) throw new NotTrackedError(topic, key);
    this.#admit?.({ topic, key, meta });
    const dot = this.#history.lastDot + 2;
    const content = copyContent(meta);
    const entry = this.#entryOf(this.#own, { dot, owner, topic, key, content, replaced: old.dot });
    this.#takeOut(old, this.#history.recordUpdate(old.dot));
    this.#enter(entry);
    return { joins: [entry], leaves: [old] };
  }

  /**
   * Ends a presence of our own; does nothing where there is none.
   *
   * @example
   * set.leave(1, "lobby", "alice").leaves.length; // 1
   */
  leave(owner: number, topic: string, key: string): Change {
    const entry = this.#own.top(owner, topic, key);
    return entry === undefined ? NO_CHANGE : { joins: [], leaves: [this.#end(entry)] };
  }

  /**
   * Ends all presences of one owner of ours.
   *
   * @example
   * socket.once("close", () => set.leaveAll(1));
   */
  leaveAll(owner: number): Change {
    const entries = this.#own.topsOf(owner).sort((one, other) => one.dot - other.dot);
    return { joins: [], leaves: entries.map((entry) => this.#end(entry)) };
  }

  /**
   * What changed in our own slice since this was last called, in pieces that may travel alone: `fragmentOf`
   * makes one delta of them. Of other replicas nothing is passed on unasked.
   *
   * @example
   * const delta = fragmentOf(set.replica, set.takeSteps());
   */
  takeOperations(): Operation[] {
    return this.#history.take((dot) => this.#own.live.get(dot));
  }

  /**
   * How many of our own events were not taken yet. O(1).
   * @example if (set.untaken > 0) publishSoon();
   */
  get pendingEventCount(): number {
    return this.#history.size;
  }

  /**
   * Takes in what a fragment says. One of a replica that we do not know, or of our own, is ignored: nobody
   * brings back the forgotten, or knows better what we hold. That of a hidden replica changes nothing for readers.
   *
   * @example
   * const { joins, leaves } = set.merge(fragment);
   */
  merge(fragment: Fragment): Change {
    const slice = this.#slices.get(fragment.replica);
    if (slice === undefined || slice === this.#own) return NO_CHANGE;
    return this.#merge(slice, fragment);
  }

  /**
   * Like `merge`, where the fragment is right and we are wrong: what it calls live is live, though we have seen it and
   * hold it for dead. Sets that have seen the same and list different things, which should never be, are mended so.
   *
   * @example
   * if (set.digestOf("paris") !== heartbeat.digest) set.correct(fullStateOfParis);
   */
  correct(fragment: Fragment): Change {
    const slice = this.#slices.get(fragment.replica);
    if (slice === undefined || slice === this.#own) return NO_CHANGE;
    const wronglyDead = fragment.live.filter(({ dot }) => slice.live.get(dot) === undefined);
    slice.seen.removeAll(Intervals.of(wronglyDead.map(({ dot }) => dot)));
    return this.#merge(slice, fragment);
  }

  /**
   * What a peer lacks of a replica that it has seen `seen` of; everything for the empty set. `undefined` for a
   * replica that we do not know.
   *
   * @example
   * const fullState = set.catchUp("tokyo", Intervals.empty());
   */
  catchUp(replica: string, seen: Intervals): Fragment | undefined {
    const slice = this.#slices.get(replica);
    if (slice === this.#own) this.#history.markKnown();
    return slice && catchUp(slice, seen);
  }

  /**
   * The visible presences of a replica that are news to a peer which has seen `seen` of it, in no order. One that was only
   * updated since is none.
   *
   * @example
   * set.newsOf("tokyo", heartbeat.seen).map(({ key }) => key);
   */
  unseenPresences(replica: string, seen: Intervals): PresenceRecord[] {
    const slice = this.#slices.get(replica);
    if (slice === undefined || this.#hidden.has(slice)) return [];
    return slice.liveWithin(slice.seen.without(seen)).filter(({ replaced }) => !seen.has(replaced));
  }

  /**
   * Makes a replica known, and its presences visible.
   *
   * @example
   * set.show("paris").joins; // those that it had when it was hidden
   */
  show(replica: string): Change {
    const known = this.#slices.get(replica);
    if (known === undefined) {
      this.#slices.set(replica, new Slice(replica, this.#logLimit));
      return NO_CHANGE;
    }
    if (!this.#hidden.delete(known)) return NO_CHANGE;
    const joins = known.tops();
    for (const entry of joins) this.#view.appeared(entry);
    return { joins, leaves: [] };
  }

  /**
   * Hides the presences of a replica, and keeps them. Does nothing for our own and for one that is not known.
   *
   * @example
   * set.hide("paris").leaves; // all that it held
   */
  hide(replica: string): Change {
    const slice = this.#slices.get(replica);
    if (slice === undefined || slice === this.#own || this.#hidden.has(slice)) return NO_CHANGE;
    this.#hidden.add(slice);
    const leaves = slice.tops();
    for (const entry of leaves) this.#view.vanished(entry);
    return { joins: [], leaves };
  }

  /**
   * Forgets a replica: nothing of it stays anywhere, and what others say of it is ignored until it is shown
   * again. Does nothing for our own.
   *
   * @example
   * set.forget("paris").leaves; // all that it held, if it was visible
   */
  forget(replica: string): Change {
    const change = this.hide(replica);
    const slice = this.#slices.get(replica);
    if (slice === undefined || slice === this.#own) return change;
    this.#hidden.delete(slice);
    this.#slices.delete(replica);
    for (const entry of slice.live.values()) entry.listing.release();
    return change;
  }

  /**
   * Goes on under a new id, as a replica that holds the same and begins its events anew: for one that finds its id in use
   * by another. Every ref of ours changes.
   *
   * @example
   * const { joins, leaves } = set.rename("paris-2"); // the same presences, in both
   */
  rename(replica: string): Change {
    const before = this.#own;
    const leaves = before.tops().sort((one, other) => one.dot - other.dot);
    for (const entry of leaves) this.#view.vanished(entry);
    this.#slices.delete(before.replica);
    this.#own = new Slice(replica, this.#logLimit);
    this.#history = new PendingOperations();
    this.#slices = new Map([[replica, this.#own], ...this.#slices]);
    const joins = leaves.map(({ owner, topic, key, content }) => this.#join(owner, topic, key, content));
    for (const entry of leaves) entry.listing.release();
    return { joins, leaves };
  }

  /**
   * The ids of all replicas that we know, our own first.
   * @example set.replicas(); // ["tokyo", "paris"]
   */
  replicas(): string[] {
    return [...this.#slices.keys()];
  }

  /**
   * Whether the presences of this replica are visible.
   * @example set.isShown("paris"); // false when it is hidden or not known
   */
  isShown(replica: string): boolean {
    const slice = this.#slices.get(replica);
    return slice !== undefined && !this.#hidden.has(slice);
  }

  /**
   * Which events of a replica we have seen, as a copy; none of one that we do not know.
   * @example set.seenOf("paris").max; // its last event that we know of
   */
  seenOf(replica: string): Intervals {
    return this.#slices.get(replica)?.seen.copy() ?? Intervals.empty();
  }

  /**
   * Whether we have seen all of these events of a replica; of one that we do not know, whether there are none.
   * @example if (!set.hasSeen("paris", heartbeat.seen)) pull("paris");
   */
  hasSeen(replica: string, seen: Intervals): boolean {
    return this.#slices.get(replica)?.seen.covers(seen) ?? seen.isEmpty;
  }

  /**
   * How many presences of a replica we hold, visible or not. O(1).
   * @example set.sizeOf("paris"); // 12
   */
  sizeOf(replica: string): number {
    return this.#slices.get(replica)?.size ?? 0;
  }

  /**
   * The presences of a replica, visible or not, in no order.
   * @example set.heldBy("paris").map(({ key }) => key);
   */
  heldBy(replica: string): PresenceRecord[] {
    return this.#slices.get(replica)?.tops() ?? [];
  }

  /**
   * A 32-bit digest of the live dots of a replica: equal where `seenOf` is equal.
   * @example tokyo.digestOf("tokyo") === paris.digestOf("tokyo"); // true once all arrived
   */
  digestOf(replica: string): number {
    return this.#slices.get(replica)?.digest ?? 0;
  }

  /**
   * Every visible presence of a topic, in order of arrival here.
   * @example for (const [key, meta] of set.list("lobby")) console.log(key, meta.phx_ref);
   */
  list(topic: string): [key: string, meta: PresenceMeta][] {
    return this.#view.list(topic);
  }

  /**
   * The visible metas of one key of a topic. O(metas of that key).
   * @example set.getByKey("lobby", "alice").length; // her devices
   */
  getByKey(topic: string, key: string): PresenceMeta[] {
    return this.#view.metasOf(topic, key);
  }

  /**
   * How many presences are visible in a topic, or under one key of it. O(1), once a topic was read by
   * key: the first time its index is made.
   * @example set.count("article:7", "readers"); // 12
   */
  count(topic: string, key?: string): number {
    return key === undefined ? this.#view.count(topic) : this.#view.countOf(topic, key);
  }

  /**
   * How many keys are visible in a topic. O(1), once the topic was read by key.
   * @example set.keyCount("lobby"); // people, where count is devices
   */
  keyCount(topic: string): number {
    return this.#view.keyCount(topic);
  }

  /**
   * The topics with at least one visible presence.
   * @example set.topics(); // ["lobby", "article:7"]
   */
  topics(): string[] {
    return this.#view.topics();
  }

  /**
   * What one of our own owners holds under one key of a topic.
   * @example set.get(1, "lobby", "alice")?.meta;
   */
  get(owner: number, topic: string, key: string): PresenceRecord | undefined {
    return this.#own.top(owner, topic, key);
  }

  /**
   * How many presences one of our own owners holds. O(1).
   * @example if (set.countOf(1) >= maxPerOwner) refuse();
   */
  countOf(owner: number): number {
    return this.#own.countOf(owner);
  }

  /**
   * What one of our own owners holds, in no order.
   * @example set.presencesOf(1).map(({ topic }) => topic);
   */
  presencesOf(owner: number): PresenceRecord[] {
    return this.#own.topsOf(owner);
  }

  #merge(slice: Slice, fragment: Fragment): Change {
    const entryOf = (live: LiveDot) => this.#entryOf(slice, live);
    if (this.#hidden.has(slice)) {
      merge(slice, fragment, entryOf, NO_LISTENER);
      return NO_CHANGE;
    }
    const recorder = new ChangeRecorder(this.#view);
    merge(slice, fragment, entryOf, recorder);
    return recorder.change();
  }

  #join(owner: number, topic: string, key: string, content: Meta): LiveEntry {
    const entry = this.#entryOf(this.#own, {
      dot: this.#history.lastDot + 1,
      owner,
      topic,
      key,
      content,
      replaced: 0,
    });
    this.#history.recordJoin();
    this.#enter(entry);
    return entry;
  }

  #entryOf({ origin }: Slice, live: LiveDot): LiveEntry {
    return new LiveEntry(origin, live, this.#view.topic(live.topic));
  }

  #enter(entry: LiveEntry): void {
    this.#own.seen.add(entry.dot);
    this.#own.add(entry, this.#view);
  }

  #end(entry: LiveEntry): LiveEntry {
    this.#takeOut(entry, this.#history.recordLeave(entry.dot));
    return entry;
  }

  #takeOut(entry: LiveEntry, pair: LeavePair): void {
    this.#own.remove(entry, this.#view);
    this.#own.seen.add(pair.leave);
    this.#own.log.add(pair);
  }
}
