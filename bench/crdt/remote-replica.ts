import { type Fragment, Intervals, type Operation } from "../../src/crdt/index.ts";
import { decode, encode } from "../../src/wire/index.ts";
import { PersonStream } from "./person-stream.ts";
import { Random } from "./random.ts";

/** Joins per message when a state is sent in several messages. */
const BATCH = 1_000;

/** One replica as its messages describe it, without the memory of a set. */
export class RemoteReplica {
  readonly replica: string;
  readonly #people: PersonStream;
  readonly #random: Random;
  readonly #liveDots: number[] = [];
  #dot = 0;

  constructor(replica: string, seed = 1, topics?: number) {
    this.replica = replica;
    this.#people = new PersonStream(seed, topics);
    this.#random = new Random(seed);
  }

  /** The number of its presences. */
  get count(): number {
    return this.#liveDots.length;
  }

  get seen(): Intervals {
    return Intervals.range(1, this.#dot);
  }

  join(topic?: string): Operation {
    const { meta: content, ...person } = this.#people.next(topic);
    this.#liveDots.push(++this.#dot);
    return { live: { dot: this.#dot, ...person, content, replaced: 0 }, leaves: [] };
  }

  joins(count: number): Operation[] {
    return Array.from({ length: count }, () => this.join());
  }

  /** One of its presences leaves, at random. */
  leave(): Operation {
    const at = this.#random.below(this.#liveDots.length);
    const ended = this.#liveDots[at]!;
    const last = this.#liveDots.pop()!;
    if (last !== ended) this.#liveDots[at] = last;
    return { leaves: [{ leave: ++this.#dot, ended }] };
  }

  leaves(count: number): Operation[] {
    return Array.from({ length: count }, () => this.leave());
  }

  /** These operations as a receiver decodes them. */
  send(operations: readonly Operation[]): Fragment {
    return decodeDelta(this.encode(operations));
  }

  /** This many joins, in messages of up to 1 000. */
  *messages(joins: number): Generator<Uint8Array> {
    for (let left = joins; left > 0; left -= BATCH) yield this.encode(this.joins(Math.min(left, BATCH)));
  }

  encode(operations: readonly Operation[]): Uint8Array {
    const sender = { name: this.replica, id: this.replica, startedAt: 1_750_000_000_000 };
    return encode({ type: "delta", seen: this.seen, operations }, { sender, counter: 1 })[0]!;
  }

  /** 100 leaves and 100 joins, as a receiver decodes them. */
  mixedDelta(): Fragment {
    return this.send([...this.leaves(100), ...this.joins(100)]);
  }
}

/** Decodes a delta at a receiver. */
export function decodeDelta(bytes: Uint8Array): Fragment {
  const decoded = decode(bytes);
  if (!decoded.ok || decoded.message.type !== "delta")
    throw new Error("the bytes of a delta do not decode to a delta");
  return decoded.message.fragment;
}
