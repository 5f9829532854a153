import type { Meta, PresenceMeta } from "../payload.ts";
import { catchUp } from "./catch-up.ts";
import { type Change, ChangeRecorder, NO_CHANGE, NO_LISTENER } from "./change.ts";
import type { Fragment, LiveDot, Operation } from "./fragment.ts";
import { Intervals } from "./intervals.ts";
import { DEFAULT_LOG_LIMIT } from "./leave-log.ts";
import { LiveEntry, type PresenceRecord, type TopicListing } from "./live-entry.ts";
import { merge } from "./merge.ts";
import { type AdmitPresence, OwnSlice } from "./own-slice.ts";
import { Slice } from "./slice.ts";
import { VisibleTopics } from "./visible-topics.ts";

/**
 * The options of a `PresenceSet`.
 *
 * @example
 * const options: PresenceSetOptions = { replica: "tokyo" };
 */
export interface PresenceSetOptions {
  /** The id of this replica. Each incarnation needs a new one, because its dots start at 1. */
  replica: string;
  /**
   * How many of the last leaves to keep of each replica, about 40 bytes each. A peer that missed fewer is sent just those.
   * @defaultValue 4 096
   */
  logLimit?: number;
  /**
   * Called before each local join and update. If it throws, nothing changes, and the caller gets the error. Use it to
   * enforce limits.
   * @example ({ topic, key, meta }) => assertFits({ topic, key, meta }, 8_000)
   */
  admit?: AdmitPresence;
  /** Returns the topic of this name, for a new entry, in place of the lists of the set, which then stay empty. */
  topicOf?: ((name: string) => TopicListing) | undefined;
}

/**
 * The presences of all replicas that one replica knows. It is a CRDT in which each slice has one writer, its replica.
 * It does no I/O and reads no clock. The caller carries fragments between sets, in any order and any number of times.
 * Sets that have seen the same dots list the same presences.
 *
 * @example
 * const tokyo = new PresenceSet({ replica: "tokyo" });
 * const paris = new PresenceSet({ replica: "paris" });
 * paris.show("tokyo");
 * tokyo.join(1, "lobby", "alice", { device: "phone" });
 * paris.merge(fragmentOf("tokyo", tokyo.takeOperations()));
 * paris.count("lobby"); // 1
 */
export class PresenceSet {
  #own: OwnSlice;
  #slices = new Map<string, Slice>();
  readonly #hidden = new Set<Slice>();
  readonly #visible: VisibleTopics;
  readonly #logLimit: number;
  readonly #admit: AdmitPresence | undefined;

  /** @throws {LimitError} when `logLimit` is negative or `NaN`. */
  constructor({ replica, logLimit = DEFAULT_LOG_LIMIT, admit, topicOf }: PresenceSetOptions) {
    this.#visible = new VisibleTopics(topicOf);
    this.#admit = admit;
    this.#logLimit = logLimit;
    this.#own = this.#createOwn(replica);
    this.#slices.set(replica, this.#own.slice);
  }

  /**
   * The id of this replica.
   * @example fragmentOf(set.replica, set.takeOperations());
   */
  get replica(): string {
    return this.#own.slice.replica;
  }

  /**
   * Adds a presence of our own. The meta, which is plain JSON, is copied.
   *
   * @throws {AlreadyTrackedError} when this owner already holds this key in this topic. Nothing has changed.
   * @example
   * const { ref } = set.join(1, "lobby", "alice", { device: "phone" });
   */
  join(owner: number, topic: string, key: string, meta: Meta): PresenceRecord {
    return this.#own.join(owner, topic, key, meta);
  }

  /**
   * Replaces the meta of a presence of our own. The change has the old meta in its leaves and the new one in its joins.
   *
   * @throws {NotTrackedError} when this owner does not hold this key in this topic. Nothing has changed.
   * @example
   * set.update(1, "lobby", "alice", { device: "phone", typing: true });
   */
  update(owner: number, topic: string, key: string, meta: Meta): Change {
    return this.#own.update(owner, topic, key, meta);
  }

  /**
   * Ends a presence of our own. Does nothing if there is no such presence.
   *
   * @example
   * set.leave(1, "lobby", "alice").leaves.length; // 1
   */
  leave(owner: number, topic: string, key: string): Change {
    return this.#own.leave(owner, topic, key);
  }

  /**
   * Ends all presences of one of our own owners.
   *
   * @example
   * socket.once("close", () => set.leaveAll(1));
   */
  leaveAll(owner: number): Change {
    return this.#own.leaveAll(owner);
  }

  /**
   * The changes of our own slice since the last call, as the smallest pieces that may travel alone. `fragmentOf` makes
   * one delta of them. Changes that were learned from other replicas are not forwarded.
   *
   * @example
   * const delta = fragmentOf(set.replica, set.takeOperations());
   */
  takeOperations(): Operation[] {
    return this.#own.takeOperations();
  }

  /**
   * The number of our own events that have not been taken yet. O(1).
   * @example if (set.pendingEventCount > 0) publishSoon();
   */
  get pendingEventCount(): number {
    return this.#own.pendingEventCount;
  }

  /**
   * Merges a fragment into the slice of its replica. A fragment of a replica that we do not know is ignored, so that
   * a forgotten replica does not come back. So is a fragment of our own slice, which only we write. If the replica is
   * hidden, nothing changes for readers.
   *
   * @example
   * const { joins, leaves } = set.merge(fragment);
   */
  merge(fragment: Fragment): Change {
    const slice = this.#foreignSlice(fragment.replica);
    return slice === undefined ? NO_CHANGE : this.#merge(slice, fragment);
  }

  /**
   * Merges a full state that is right where our slice is wrong: a dot that the fragment lists as live is live, even if we
   * have seen it end. This repairs two sets that have seen the same dots and list different presences, which only a
   * bug can cause.
   *
   * @example
   * if (set.digestOf("paris") !== heartbeat.digest) set.correct(fullStateOfParis);
   */
  correct(fragment: Fragment): Change {
    const slice = this.#foreignSlice(fragment.replica);
    if (slice === undefined) return NO_CHANGE;
    const wronglyEnded = fragment.live.filter(({ dot }) => slice.live.get(dot) === undefined);
    slice.seen.removeAll(Intervals.of(wronglyEnded.map(({ dot }) => dot)));
    return this.#merge(slice, fragment);
  }

  /**
   * The fragment that a peer lacks of a replica if it has seen `seen`. For the empty set it is the full state. Returns
   * `undefined` for a replica that we do not know.
   *
   * @example
   * const fullState = set.catchUp("tokyo", Intervals.empty());
   */
  catchUp(replica: string, seen: Intervals): Fragment | undefined {
    const slice = this.#slices.get(replica);
    if (slice === this.#own.slice) this.#own.markKnown();
    return slice && catchUp(slice, seen);
  }

  /**
   * The presence of a replica with this dot, visible or hidden.
   * @example set.presenceAt("paris", 7)?.key;
   */
  presenceAt(replica: string, dot: number): PresenceRecord | undefined {
    return this.#slices.get(replica)?.live.get(dot);
  }

  /**
   * Makes a replica known, and its presences visible.
   *
   * @example
   * set.show("paris").joins; // the presences that it had when it was hidden
   */
  show(replica: string): Change {
    const known = this.#slices.get(replica);
    if (known === undefined) {
      this.#slices.set(replica, new Slice(replica, this.#logLimit));
      return NO_CHANGE;
    }
    if (!this.#hidden.delete(known)) return NO_CHANGE;
    const joins = known.tops();
    for (const entry of joins) this.#visible.appeared(entry);
    return { joins, leaves: [] };
  }

  /**
   * Hides the presences of a replica, and keeps them. Does nothing for our own replica, and for one that is not known.
   *
   * @example
   * set.hide("paris").leaves; // all of its presences
   */
  hide(replica: string): Change {
    const slice = this.#foreignSlice(replica);
    if (slice === undefined || this.#hidden.has(slice)) return NO_CHANGE;
    this.#hidden.add(slice);
    const leaves = slice.tops();
    for (const entry of leaves) this.#visible.vanished(entry);
    return { joins: [], leaves };
  }

  /**
   * Deletes everything about a replica. Fragments of it are ignored until it is shown again. Does nothing for our own
   * replica.
   *
   * @example
   * set.forget("paris").leaves; // all of its presences, if they were visible
   */
  forget(replica: string): Change {
    const change = this.hide(replica);
    const slice = this.#foreignSlice(replica);
    if (slice === undefined) return change;
    this.#hidden.delete(slice);
    this.#slices.delete(replica);
    for (const entry of slice.live.values()) entry.listing.release();
    return change;
  }

  /**
   * Moves our presences to a new id, as a replica that finds its id in use by another must. The dots start at 1 again,
   * and every ref of ours changes.
   *
   * @example
   * const { joins, leaves } = set.rename("paris-2"); // the same presences in both
   */
  rename(replica: string): Change {
    const before = this.#own.slice;
    const leaves = before.tops().sort((one, other) => one.dot - other.dot);
    for (const entry of leaves) this.#visible.vanished(entry);
    this.#slices.delete(before.replica);
    this.#own = this.#createOwn(replica);
    this.#slices = new Map([[replica, this.#own.slice], ...this.#slices]);
    const joins = leaves.map((entry) => this.#own.joinCopy(entry));
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
   * The dots of a replica that we have seen, as a copy. Empty for a replica that we do not know.
   * @example set.seenOf("paris").max; // the last event of paris that we know of
   */
  seenOf(replica: string): Intervals {
    return this.#slices.get(replica)?.seen.copy() ?? Intervals.empty();
  }

  /**
   * Whether we have seen all of these dots of a replica. For a replica that we do not know, only if `seen` is empty.
   * @example if (!set.hasSeen("paris", heartbeat.seen)) pull("paris");
   */
  hasSeen(replica: string, seen: Intervals): boolean {
    return this.#slices.get(replica)?.seen.covers(seen) ?? seen.isEmpty;
  }

  /**
   * The number of presences of a replica, visible or hidden. O(1).
   * @example set.countOfReplica("paris"); // 12
   */
  countOfReplica(replica: string): number {
    return this.#slices.get(replica)?.size ?? 0;
  }

  /**
   * The presences of a replica, visible or hidden, in no particular order.
   * @example set.presencesOfReplica("paris").map(({ key }) => key);
   */
  presencesOfReplica(replica: string): PresenceRecord[] {
    return this.#slices.get(replica)?.tops() ?? [];
  }

  /**
   * A 32-bit digest of the live dots of a replica. Sets with equal `seenOf` have equal digests.
   * @example tokyo.digestOf("tokyo") === paris.digestOf("tokyo"); // true once paris has seen all of tokyo
   */
  digestOf(replica: string): number {
    return this.#slices.get(replica)?.digest ?? 0;
  }

  /**
   * Every visible presence of a topic, in order of arrival here.
   * @example for (const [key, meta] of set.list("lobby")) console.log(key, meta.phx_ref);
   */
  list(topic: string): [key: string, meta: PresenceMeta][] {
    return this.#visible.list(topic);
  }

  /**
   * The visible metas of one key of a topic. O(metas of the key).
   * @example set.getByKey("lobby", "alice").length; // the number of her devices
   */
  getByKey(topic: string, key: string): PresenceMeta[] {
    return this.#visible.metasOf(topic, key);
  }

  /**
   * The number of visible presences of a topic, or of one key of it. O(1), except that the first read of a topic by key
   * counts each of its keys.
   * @example set.count("article:7", "readers"); // 12
   */
  count(topic: string, key?: string): number {
    return key === undefined ? this.#visible.count(topic) : this.#visible.countOf(topic, key);
  }

  /**
   * The number of visible keys of a topic. O(1), except that the first read of a topic by key counts each of them.
   * @example set.keyCount("lobby"); // users, whereas count gives devices
   */
  keyCount(topic: string): number {
    return this.#visible.keyCount(topic);
  }

  /**
   * The topics with at least one visible presence.
   * @example set.topics(); // ["lobby", "article:7"]
   */
  topics(): string[] {
    return this.#visible.topics();
  }

  /**
   * The presence of one of our own owners under one key of a topic.
   * @example set.get(1, "lobby", "alice")?.meta;
   */
  get(owner: number, topic: string, key: string): PresenceRecord | undefined {
    return this.#own.slice.top(owner, topic, key);
  }

  /**
   * The number of presences of one of our own owners. O(1).
   * @example if (set.countOf(1) >= maxPerOwner) refuse();
   */
  countOf(owner: number): number {
    return this.#own.slice.countOf(owner);
  }

  /**
   * The presences of one of our own owners, in no particular order.
   * @example set.presencesOf(1).map(({ topic }) => topic);
   */
  presencesOf(owner: number): PresenceRecord[] {
    return this.#own.slice.topsOf(owner);
  }

  #createOwn(replica: string): OwnSlice {
    return new OwnSlice(new Slice(replica, this.#logLimit), this.#visible, this.#admit);
  }

  /** The slice of a replica that we know and that is not our own. */
  #foreignSlice(replica: string): Slice | undefined {
    const slice = this.#slices.get(replica);
    return slice === this.#own.slice ? undefined : slice;
  }

  #merge(slice: Slice, fragment: Fragment): Change {
    const entryOf = (live: LiveDot) => new LiveEntry(slice.origin, live, this.#visible.topic(live.topic));
    if (this.#hidden.has(slice)) {
      merge(slice, fragment, entryOf, NO_LISTENER);
      return NO_CHANGE;
    }
    const recorder = new ChangeRecorder(this.#visible);
    merge(slice, fragment, entryOf, recorder);
    return recorder.change();
  }
}
