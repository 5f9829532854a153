import { type Fragment, PresenceSet } from "../../../src/crdt/index.ts";
import { MalformedError } from "../json-readers.ts";
import { Follower } from "./change-follower.ts";
import { fromBytes, toBytes } from "./fragment-bytes.ts";
import { Pids } from "./owner-numbers.ts";
import type { Check, Entry } from "./state-trace.ts";

/** What a replay looks at: one of the trace's checks, or our own promises alone. They hold in every replay. */
export type Judging = Check | "promises";

export interface WorldOptions {
  readonly judging: Judging;
  /** The `logLimit` of every set: our results must not depend on it. */
  readonly logLimit?: number;
}

/** What one replica sends: a fragment for each replica that it tells of. */
export type Message = readonly Fragment[];

/** A running replica: our set, and beside it, kept as plainly as can be, what the set has to agree with. */
export interface Replica {
  readonly set: PresenceSet;
  readonly follower: Follower;
  /** By slot, what its own owners hold: the steps say it, whatever our set makes of them. */
  readonly held: Map<string, Entry>;
}

/** Everything there is while a trace is replayed. */
export class World {
  readonly judging: Judging;
  readonly running: Map<string, Replica> = new Map();
  readonly pids: Pids = new Pids();
  /** By topic, every key that was ever there: of those that are gone, counts must say so. */
  readonly keys: Map<string, Set<string>> = new Map();
  /** By the tag of an update, the clock that it replaced: recorded deltas don't say. */
  readonly replaced: Map<string, number> = new Map();
  readonly #messages = new Map<string, Uint8Array[]>();
  readonly #setOptions: { logLimit?: number };

  constructor({ judging, ...setOptions }: WorldOptions) {
    this.judging = judging;
    this.#setOptions = setOptions;
  }

  start(name: string): void {
    if (this.running.has(name)) throw new MalformedError(`replica ${name} runs already`);
    const set = new PresenceSet({ replica: name, ...this.#setOptions });
    this.running.set(name, { set, follower: new Follower(), held: new Map() });
  }

  replica(name: string): Replica {
    const replica = this.running.get(name);
    if (replica === undefined) throw new MalformedError(`no replica ${name} is running`);
    return replica;
  }

  send(name: string, message: Message): void {
    this.#messages.set(name, toBytes(message));
  }

  message(name: string): Message {
    const message = this.#messages.get(name);
    if (message === undefined) throw new MalformedError(`no message ${name} was sent before`);
    return fromBytes(message);
  }
}
