import { AlreadyTrackedError, NotTrackedError } from "../errors.ts";
import type { Meta } from "../payload.ts";
import { type Change, NO_CHANGE } from "./change.ts";
import type { LeavePair, LiveDot, Operation } from "./fragment.ts";
import { LiveEntry } from "./live-entry.ts";
import { copyContent } from "./meta.ts";
import { PendingOperations } from "./pending-operations.ts";
import type { Slice } from "./slice.ts";
import type { VisibleTopics } from "./visible-topics.ts";

/** Called before each local join and update. It may throw to refuse the presence. */
export type AdmitPresence = (presence: {
  readonly topic: string;
  readonly key: string;
  readonly meta: Meta;
}) => void;

/** The slice of this replica, which only it writes: joins, updates and leaves, and the operations that they make up. */
export class OwnSlice {
  readonly slice: Slice;
  readonly #visible: VisibleTopics;
  readonly #admit: AdmitPresence | undefined;
  readonly #pending = new PendingOperations();

  /** The slice must be empty. Its entries are listed in `visible`. */
  constructor(slice: Slice, visible: VisibleTopics, admit: AdmitPresence | undefined) {
    this.slice = slice;
    this.#visible = visible;
    this.#admit = admit;
  }

  /** @throws {AlreadyTrackedError} when this owner already holds this key in this topic. */
  join(owner: number, topic: string, key: string, meta: Meta): LiveEntry {
    if (this.slice.top(owner, topic, key) !== undefined) throw new AlreadyTrackedError(topic, key);
    this.#admit?.({ topic, key, meta });
    return this.#join(owner, topic, key, copyContent(meta));
  }

  /** Joins the presence of another slice, with the same owner, topic, key and content. */
  joinCopy({ owner, topic, key, content }: LiveDot): LiveEntry {
    return this.#join(owner, topic, key, content);
  }

  /** @throws {NotTrackedError} when this owner does not hold this key in this topic. */
  update(owner: number, topic: string, key: string, meta: Meta): Change {
    const old = this.slice.top(owner, topic, key);
    if (old === undefined) throw new NotTrackedError(topic, key);
    this.#admit?.({ topic, key, meta });
    const dot = this.#pending.lastDot + 2;
    const content = copyContent(meta);
    const entry = this.#entryOf({ dot, owner, topic, key, content, replaced: old.dot });
    this.#remove(old, this.#pending.recordUpdate(old.dot));
    this.#add(entry);
    return { joins: [entry], leaves: [old] };
  }

  leave(owner: number, topic: string, key: string): Change {
    const entry = this.slice.top(owner, topic, key);
    return entry === undefined ? NO_CHANGE : { joins: [], leaves: [this.#end(entry)] };
  }

  leaveAll(owner: number): Change {
    const entries = this.slice.topsOf(owner).sort((one, other) => one.dot - other.dot);
    return { joins: [], leaves: entries.map((entry) => this.#end(entry)) };
  }

  /** The number of events that have not been taken yet. */
  get pendingEventCount(): number {
    return this.#pending.size;
  }

  takeOperations(): Operation[] {
    return this.#pending.take((dot) => this.slice.live.get(dot));
  }

  /** Notes that a catch-up of this slice was made, so that peers may know all of it. */
  markKnown(): void {
    this.#pending.markKnown();
  }

  #join(owner: number, topic: string, key: string, content: Meta): LiveEntry {
    const dot = this.#pending.lastDot + 1;
    const entry = this.#entryOf({ dot, owner, topic, key, content, replaced: 0 });
    this.#pending.recordJoin();
    this.#add(entry);
    return entry;
  }

  #end(entry: LiveEntry): LiveEntry {
    this.#remove(entry, this.#pending.recordLeave(entry));
    return entry;
  }

  #entryOf(live: LiveDot): LiveEntry {
    return new LiveEntry(this.slice.origin, live, this.#visible.topic(live.topic));
  }

  #add(entry: LiveEntry): void {
    this.slice.seen.add(entry.dot);
    this.slice.add(entry, this.#visible);
  }

  #remove(entry: LiveEntry, pair: LeavePair): void {
    this.slice.remove(entry, this.#visible);
    this.slice.seen.add(pair.leave);
    this.slice.log.add(pair);
  }
}
