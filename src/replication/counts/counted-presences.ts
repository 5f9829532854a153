import type { Change } from "../../crdt/change.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import { freezeWithRefs } from "../../crdt/meta.ts";
import type { PresenceSet } from "../../crdt/presence-set.ts";
import type { DepartingPresences, LeftPresences, PlacedNumber } from "../departures/departing-presences.ts";
import { type Place, PlaceMap } from "../departures/place.ts";
import type { CountBook } from "./count-book.ts";
import { countMeta, numberIn, pendingIn } from "./count-meta.ts";

const NOWHERE: readonly PlacedNumber[] = [];

interface CountedPresencesOptions {
  /** Our own presences. */
  readonly local: PresenceSet;
  readonly book: CountBook;
  /** The numbers of all replicas. */
  readonly published: PresenceSet;
}

/** The presences behind a set of numbers, as `Departures` sees them: our own one by one, and those of peers as numbers. */
export class CountedPresences implements DepartingPresences {
  readonly areCounted = true;
  readonly #local: PresenceSet;
  readonly #book: CountBook;
  readonly #published: PresenceSet;

  constructor({ local, book, published }: CountedPresencesOptions) {
    this.#local = local;
    this.#book = book;
    this.#published = published;
  }

  ofOwner(owner: number): readonly PresenceRecord[] {
    return this.#local.presencesOf(owner).sort((one, other) => one.dot - other.dot);
  }

  end(owner: number, topic: string, key: string): readonly PresenceRecord[] {
    const { leaves } = this.#local.leave(owner, topic, key);
    for (const place of leaves) this.#book.add(place, -1);
    return leaves;
  }

  dotOf(): undefined {}

  /** Numbers are published in flushes: a peer that has seen our next dot has seen the flush with the newcomer. */
  dotOfNewcomer(): number {
    return this.#published.seenOf(this.#published.replica).max + 1;
  }

  pendingLeavesChanged(place: Place): void {
    this.#book.touch(place);
  }

  atDot(): undefined {}

  pendingLeavesIn({ joins, leaves }: Change, areKnown: boolean): readonly PlacedNumber[] {
    // A shortcut for the most common case, in which there are none and were none.
    if (!areKnown && !joins.some((entry) => pendingIn(entry) > 0)) return NOWHERE;
    const numbers = new PlaceMap<number>();
    for (const entry of leaves) numbers.set(entry, 0);
    for (const entry of joins) numbers.set(entry, pendingIn(entry));
    return [...numbers.entries()];
  }

  ofReplica(replica: string): LeftPresences {
    return new LeftNumbers(this.#published, replica);
  }
}

/** The numbers of a replica that has left. Each claim takes one off a number, and never the whole entry. */
class LeftNumbers implements LeftPresences {
  readonly #published: PresenceSet;
  readonly #replica: string;
  readonly #numbers = new PlaceMap<number>();

  constructor(published: PresenceSet, replica: string) {
    this.#published = published;
    this.#replica = replica;
    // A place has two entries while the leave of an older one is missing here. The sums include both.
    for (const entry of published.presencesOfReplica(replica))
      this.#numbers.set(entry, this.countAt(entry) + numberIn(entry));
  }

  *places(): Generator<Place> {
    for (const [place] of this.#numbers.entries()) yield place;
  }

  countAt(place: Place): number {
    return this.#numbers.get(place) ?? 0;
  }

  endOldest(place: Place): readonly PresenceRecord[] {
    const number = this.countAt(place);
    if (number === 0) return [];
    if (number === 1) this.#numbers.delete(place);
    else this.#numbers.set(place, number - 1);
    return [this.#recordOf(place, 1)];
  }

  forget(): Change {
    const leaves = Array.from(this.#numbers.entries(), ([place, number]) => this.#recordOf(place, number));
    this.#published.forget(this.#replica);
    return { joins: [], leaves };
  }

  /** A record of so many presences, as an entry would state it. */
  #recordOf({ topic, key }: Place, number: number): PresenceRecord {
    const content = countMeta(number, 0);
    const ref = `${this.#replica}.0`;
    const meta = freezeWithRefs(content, ref, undefined);
    return { topic, key, replica: this.#replica, owner: 0, dot: 0, replaced: 0, ref, meta, content };
  }
}
