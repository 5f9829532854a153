import { equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { median } from "../figure.ts";
import { collectGarbage, timeNow } from "../measure.ts";
import { decodeDelta, RemoteReplica } from "./remote-replica.ts";

const DELTAS = 200;

interface ReceiverSizes {
  readonly presences: number;
  /** The number of remote replicas, each of which has the same share of the presences. Default 1. */
  readonly remotes?: number;
  /** Default 1 000. */
  readonly topics?: number;
}

/** A set that receives the presences of remote replicas. */
export class Receiver {
  readonly set: PresenceSet = new PresenceSet({ replica: "paris" });
  readonly #presences: number;
  readonly #remotes: readonly RemoteReplica[];

  constructor({ presences, remotes = 1, topics = 1_000 }: ReceiverSizes) {
    this.#presences = presences;
    this.#remotes = Array.from(
      { length: remotes },
      (_, at) => new RemoteReplica(`tokyo-${at}`, at + 1, topics),
    );
    for (const remote of this.#remotes) {
      this.set.show(remote.replica);
      for (const bytes of remote.messages(presences / remotes)) this.set.merge(decodeDelta(bytes));
    }
  }

  /** The time to merge 100 joins and 100 leaves in ms: the median of many deltas, prepared before. */
  medianMerge(): number {
    const deltas = Array.from({ length: DELTAS }, (_, at) =>
      this.#remotes[at % this.#remotes.length]!.mixedDelta(),
    );
    collectGarbage();
    const middle = median(deltas.map((delta) => timeNow(() => this.set.merge(delta))[1]));
    equal(
      this.set.topics().reduce((sum, topic) => sum + this.set.count(topic), 0),
      this.#presences,
    );
    return middle;
  }
}
