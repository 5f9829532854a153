import { equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { median } from "../figure.ts";
import { collectGarbage, timeNow } from "../measure.ts";
import { decodeDelta, RemoteReplica } from "./remote-replica.ts";

const DELTAS = 200;

interface Sizes {
  readonly presences: number;
  /** Others that hold them, as many each. */
  readonly authors?: number;
  readonly topics?: number;
}

/** A receiver of what others tell. */
export class Receiver {
  readonly set: PresenceSet = new PresenceSet({ replica: "paris" });
  readonly #presences: number;
  readonly #authors: readonly RemoteReplica[];

  constructor({ presences, authors = 1, topics = 1_000 }: Sizes) {
    this.#presences = presences;
    this.#authors = Array.from(
      { length: authors },
      (_, at) => new RemoteReplica(`tokyo-${at}`, at + 1, topics),
    );
    for (const author of this.#authors) {
      this.set.show(author.replica);
      for (const bytes of author.messages(presences / authors)) this.set.merge(decodeDelta(bytes));
    }
  }

  /** How long it takes to merge 100 joins and 100 leaves: in ms, over many different deltas that were ready before. */
  medianMerge(): number {
    const deltas = Array.from({ length: DELTAS }, (_, at) =>
      this.#authors[at % this.#authors.length]!.mixedDelta(),
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
