import { type Fragment, Intervals, type Operation } from "../../src/crdt/index.ts";
import { decode, encode } from "../../src/wire/index.ts";
import { PersonStream } from "./person-stream.ts";
import { Random } from "./random.ts";

/** How many joins a message carries where there are many to tell of. */
const BATCH = 1_000;

/** The history of one replica as others hear of it, without the memory of a set of its own. */
export class RemoteReplica {
  readonly replica: string;
  readonly #crowd: PersonStream;
  readonly #random: Random;
  readonly #standing: number[] = [];
  #dot = 0;

  constructor(replica: string, seed = 1, topics?: number) {
    this.replica = replica;
    this.#crowd = new PersonStream(seed, topics);
    this.#random = new Random(seed);
  }

  /** How many of its presences stand. */
  get count(): number {
    return this.#standing.length;
  }

  get seen(): Intervals {
    return Intervals.range(1, this.#dot);
  }

  join(topic?: string): Operation {
    const { meta: content, ...person } = this.#crowd.next(topic);
    this.#standing.push(++this.#dot);
    return { live: { dot: this.#dot, ...person, content, replaced: 0 }, leaves: [] };
  }

  joins(count: number): Operation[] {
    return Array.from({ length: count }, () => this.join());
  }

  /** One of those who stand leaves, whichever. */
  leave(): Operation {
    const at = this.#random.below(this.#standing.length);
    const ended = this.#standing[at]!;
    const last = this.#standing.pop()!;
    if (last !== ended) this.#standing[at] = last;
    return { leaves: [{ leave: ++this.#dot, ended }] };
  }

  leaves(count: number): Operation[] {
    return Array.from({ length: count }, () => this.leave());
  }

  /** These steps as a receiver gets them. */
  send(steps: readonly Operation[]): Fragment {
    return decodeDelta(this.encode(steps));
  }

  /** So many joins as messages. */
  *messages(joins: number): Generator<Uint8Array> {
    for (let left = joins; left > 0; left -= BATCH) yield this.encode(this.joins(Math.min(left, BATCH)));
  }

  encode(operations: readonly Operation[]): Uint8Array {
    const sender = { name: this.replica, id: this.replica, startedAt: 1_750_000_000_000 };
    return encode({ type: "delta", seen: this.seen, operations }, { sender, counter: 1 })[0]!;
  }

  /** A hundred leave and a hundred join: as a receiver gets it. */
  mixedDelta(): Fragment {
    return this.send([...this.leaves(100), ...this.joins(100)]);
  }
}

/** What a receiver makes of a delta. */
export function decodeDelta(bytes: Uint8Array): Fragment {
  const decoded = decode(bytes);
  if (!decoded.ok || decoded.message.type !== "delta") throw new Error("a delta did not arrive as one");
  return decoded.message.fragment;
}
