import type { Meta, PresenceMeta } from "../payload.ts";
import type { LiveDot } from "./fragment.ts";
import { freezeWithRefs, stripRefs } from "./meta.ts";
import type { Origin } from "./origin.ts";

/**
 * One presence as readers see it. Its members are getters: read them, or `JSON.stringify` it, rather than spread it.
 *
 * @example
 * for (const { topic, key, meta } of change.joins) console.log(topic, key, meta.phx_ref);
 */
export interface PresenceRecord {
  /** The room, page or document in which it is listed. */
  readonly topic: string;
  /** What presences are grouped by: a user, or "readers". */
  readonly key: string;
  /** The id of the replica that holds it. */
  readonly replica: string;
  /** The number of its owner, local to its replica. */
  readonly owner: number;
  /** Its event number at its replica. */
  readonly dot: number;
  /** The event number that it took the place of in an update, or 0. */
  readonly replaced: number;
  /** Its `phx_ref`. */
  readonly ref: string;
  /** Deeply frozen, the same object each time. */
  readonly meta: PresenceMeta;
}

/** Where an entry is listed: its topic. */
export interface TopicListing {
  readonly name: string;
  /** An entry, visible or not, is of this topic now. */
  retain(): void;
  /** One that was is gone. */
  release(): void;
  /** Readers see the entry from now on. */
  add(entry: LiveEntry): void;
  /** Readers no longer see it. */
  delete(entry: LiveEntry): void;
}

/**
 * A live dot in the set. It never changes, an update puts a new one in its place; so fragments hold entries as
 * they are, and stay the snapshots they were.
 */
export class LiveEntry implements PresenceRecord, LiveDot {
  readonly listing: TopicListing;
  readonly key: string;
  readonly origin: Origin;
  readonly dot: number;
  readonly owner: number;
  readonly replaced: number;
  /** Where it stands in its topic, while readers see it: so it is taken out without a search. */
  position = 0;
  #meta: Meta;
  #sealed = false;

  constructor(origin: Origin, live: LiveDot, listing: TopicListing) {
    this.listing = listing;
    this.key = live.key;
    this.origin = origin;
    this.dot = live.dot;
    this.owner = live.owner;
    this.replaced = live.replaced;
    this.#meta = live.content;
  }

  get replica(): string {
    return this.origin.replica;
  }

  get topic(): string {
    return this.listing.name;
  }

  get ref(): string {
    return this.#sealed ? (this.#meta as PresenceMeta).phx_ref : this.origin.refOf(this.dot);
  }

  /** Made when first asked for: many presences are only ever counted. */
  get meta(): PresenceMeta {
    if (!this.#sealed) this.#seal();
    return this.#meta as PresenceMeta;
  }

  get content(): Meta {
    return this.#sealed ? stripRefs(this.#meta) : this.#meta;
  }

  /** What `JSON.stringify` makes of it: what readers see. */
  toJSON(): PresenceRecord {
    const { topic, key, replica, owner, dot, replaced, ref, meta } = this;
    return { topic, key, replica, owner, dot, replaced, ref, meta };
  }

  #seal(): void {
    const previousRef = this.replaced > 0 ? this.origin.refOf(this.replaced) : undefined;
    this.#meta = freezeWithRefs(this.#meta, this.ref, previousRef);
    this.#sealed = true;
  }
}
