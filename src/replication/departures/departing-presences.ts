import type { Change } from "../../crdt/change.ts";
import { Intervals } from "../../crdt/intervals.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { PresenceSet } from "../../crdt/presence-set.ts";
import { type Place, PlaceMap } from "./place.ts";

/** The presences that may be pending leaves, as `Departures` sees them. */
export interface DepartingPresences {
  /** Whether peers know only how many of our presences there are, and we how many they have. */
  readonly areCounted: boolean;
  /** Our own presences of an owner, the oldest first. */
  ofOwner(owner: number): readonly PresenceRecord[];
  /** Ends one of our own presences. Returns what leaves. */
  end(owner: number, topic: string, key: string): readonly PresenceRecord[];
  /** The dot by which peers know one of our own presences. `undefined` if presences are counted. */
  dotOf(owner: number, topic: string, key: string): number | undefined;
  /** The lowest dot that tells a peer of a newcomer of ours. */
  dotOfNewcomer(presence: PresenceRecord): number;
  /** How many of our presences at this place are pending leaves has changed. */
  pendingLeavesChanged(place: Place): void;
  /** The presence of a peer with this dot. `undefined` if presences are counted. */
  atDot(replica: string, dot: number): PresenceRecord | undefined;
  /**
   * Where a change of a peer changes numbers, with the number of pending leaves there. Nowhere if presences are not counted, or
   * if there are no pending leaves and `areKnown` says that none were known before.
   */
  pendingLeavesIn(change: Change, areKnown: boolean): readonly PlacedNumber[];
  /** The presences of a replica that has just left. */
  ofReplica(replica: string): LeftPresences;
}

/** A number of presences with one topic and key. */
export type PlacedNumber = readonly [place: Place, number: number];

/** The presences of a replica that has left. */
export interface LeftPresences {
  /** Where it has presences. */
  places(): Iterable<Place>;
  /** How many presences it has at a place. */
  countAt(place: Place): number;
  /** Ends the oldest at a place. Returns what leaves. */
  endOldest(place: Place): readonly PresenceRecord[];
  /** Forgets the replica. Returns what leaves. */
  forget(): Change;
}

/** The presences of a set. */
export class PresencesOfSet implements DepartingPresences {
  readonly areCounted = false;
  readonly #set: PresenceSet;

  constructor(set: PresenceSet) {
    this.#set = set;
  }

  ofOwner(owner: number): readonly PresenceRecord[] {
    return this.#set.presencesOf(owner).sort(oldestFirst);
  }

  end(owner: number, topic: string, key: string): readonly PresenceRecord[] {
    return this.#set.leave(owner, topic, key).leaves;
  }

  dotOf(owner: number, topic: string, key: string): number | undefined {
    return this.#set.get(owner, topic, key)?.dot;
  }

  dotOfNewcomer({ dot }: PresenceRecord): number {
    return dot;
  }

  pendingLeavesChanged(): void {}

  atDot(replica: string, dot: number): PresenceRecord | undefined {
    return this.#set.presenceAt(replica, dot);
  }

  pendingLeavesIn(): [] {
    return [];
  }

  ofReplica(replica: string): LeftPresences {
    return new LeftPresencesOfSet(this.#set, replica);
  }
}

/** The presences of a replica that has left, in a set. */
class LeftPresencesOfSet implements LeftPresences {
  readonly #set: PresenceSet;
  readonly #replica: string;
  /** The presences at each place that have not ended, the oldest last. */
  readonly #byPlace = new PlaceMap<PresenceRecord[]>();

  constructor(set: PresenceSet, replica: string) {
    this.#set = set;
    this.#replica = replica;
    for (const presence of set.presencesOfReplica(replica).sort(oldestFirst).reverse()) {
      const here = this.#byPlace.get(presence);
      if (here === undefined) this.#byPlace.set(presence, [presence]);
      else here.push(presence);
    }
  }

  *places(): Generator<Place> {
    for (const [place] of this.#byPlace.entries()) yield place;
  }

  countAt(place: Place): number {
    return this.#byPlace.get(place)?.length ?? 0;
  }

  endOldest(place: Place): readonly PresenceRecord[] {
    const here = this.#byPlace.get(place);
    const oldest = here?.pop();
    if (oldest === undefined) return [];
    if (here!.length === 0) this.#byPlace.delete(place);
    return this.#end(oldest).leaves;
  }

  forget(): Change {
    return this.#set.forget(this.#replica);
  }

  /**
   * Ends a presence by a leave that its replica never sent. That is safe: no peer pulls the slice of a replica that has left.
   * If some of its events are missing here, an older dot of the same presence becomes visible, and is ended too.
   */
  #end({ replica, dot }: PresenceRecord): Change {
    const { joins, leaves } = this.#set.merge({ replica, seen: Intervals.of([dot]), live: [], leaves: [] });
    for (const older of joins) this.#end(older);
    return { joins: [], leaves };
  }
}

function oldestFirst(one: PresenceRecord, other: PresenceRecord): number {
  return one.dot - other.dot;
}
