import type { Meta, PresenceMeta } from "../payload.ts";
import type { LiveDot } from "./fragment.ts";
import { freezeWithRefs, stripRefs } from "./meta.ts";

/**
 * One presence as readers see it. Some members are getters: read them, or pass the record to `JSON.stringify`, but do
 * not spread it.
 *
 * @example
 * for (const { topic, key, meta } of change.joins) console.log(topic, key, meta.phx_ref);
 */
export interface PresenceRecord {
  /** The room, page or document in which it is listed. */
  readonly topic: string;
  /** The key by which presences are grouped: a user id, or "readers". */
  readonly key: string;
  /** The id of the replica that owns it. */
  readonly replica: string;
  /** The number of its owner, local to its replica. */
  readonly owner: number;
  /** Its event number at its replica. */
  readonly dot: number;
  /** The dot that it replaced in an update, or 0. */
  readonly replaced: number;
  /** Its `phx_ref`. */
  readonly ref: string;
  /** Deeply frozen. Every read returns the same object. */
  readonly meta: PresenceMeta;
  /** The meta without refs, as it travels. Reading it makes no meta. */
  readonly content: Meta;
}

/** The topic of an entry, as far as the entry uses it. */
export interface TopicListing {
  readonly name: string;
  /** Counts an entry that names this topic, visible or hidden. */
  retain(): void;
  /** Stops counting one. */
  release(): void;
  /** Lists the entry for readers. */
  add(entry: LiveEntry): void;
  /** Takes the entry off the list. */
  delete(entry: LiveEntry): void;
}

/**
 * A live dot of a slice. It never changes: an update puts a new entry in its place. A fragment can therefore hold
 * entries without copying them, and stays a snapshot.
 */
export class LiveEntry implements PresenceRecord, LiveDot {
  readonly listing: TopicListing;
  readonly key: string;
  readonly origin: Origin;
  readonly dot: number;
  readonly owner: number;
  readonly replaced: number;
  /** Its index in its topic while it is listed, so that removing it takes no search. */
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

  /** Made at the first read, because many presences are only ever counted. */
  get meta(): PresenceMeta {
    if (!this.#sealed) this.#seal();
    return this.#meta as PresenceMeta;
  }

  get content(): Meta {
    return this.#sealed ? stripRefs(this.#meta) : this.#meta;
  }

  /** The members of `PresenceRecord`, for `JSON.stringify`. The meta has the content. */
  toJSON(): Omit<PresenceRecord, "content"> {
    const { topic, key, replica, owner, dot, replaced, ref, meta } = this;
    return { topic, key, replica, owner, dot, replaced, ref, meta };
  }

  #seal(): void {
    const previousRef = this.replaced > 0 ? this.origin.refOf(this.replaced) : undefined;
    this.#meta = freezeWithRefs(this.#meta, this.ref, previousRef);
    this.#sealed = true;
  }
}

/**
 * The replica of an entry, and the prefix of its refs. All entries of a slice share one: a ref that is joined from three
 * strings would keep all three in memory.
 */
export class Origin {
  readonly replica: string;
  readonly #prefix: string;

  constructor(replica: string) {
    this.replica = replica;
    this.#prefix = `${replica}.`;
  }

  /**
   * The `phx_ref` of the presence with this dot. It is unique, because a replica id belongs to one incarnation of one
   * tracker, and each dot is used once. It never travels, because every node can derive it. An id may contain full
   * stops: the last one separates the id from the dot.
   */
  refOf(dot: number): string {
    return this.#prefix + dot;
  }
}
