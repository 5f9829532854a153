import { type Fragment, PresenceSet } from "../../../src/crdt/index.ts";
import { MalformedTraceError } from "../json-readers.ts";
import { ChangeFollower } from "./change-follower.ts";
import { decodeFragments, encodeFragments } from "./fragment-bytes.ts";
import { OwnerNumbers } from "./owner-numbers.ts";
import type { RecordedEntry, StateCheck } from "./state-trace.ts";

/** What a replay looks at: one of the trace's checks, or our own promises alone. They hold in every replay. */
export type ReplayMode = StateCheck | "promises";

export interface StateReplayOptions {
  readonly judging: ReplayMode;
  /** The `logLimit` of every set: our results must not depend on it. */
  readonly logLimit?: number;
}

/** What one replica sends: a fragment for each replica that it tells of. */
export type TransferredMessage = readonly Fragment[];

/** A running replica: our set, and beside it, kept as plainly as can be, what the set has to agree with. */
export interface ReplayedReplica {
  readonly set: PresenceSet;
  readonly follower: ChangeFollower;
  /** By slot, what its own owners hold: the steps say it, whatever our set makes of them. */
  readonly held: Map<string, RecordedEntry>;
}

/** Everything there is while a trace is replayed. */
export class StateReplay {
  readonly mode: ReplayMode;
  readonly running: Map<string, ReplayedReplica> = new Map();
  readonly pids: OwnerNumbers = new OwnerNumbers();
  /** By topic, every key that was ever there: of those that are gone, counts must say so. */
  readonly keys: Map<string, Set<string>> = new Map();
  /** By the tag of an update, the clock that it replaced: recorded deltas don't say. */
  readonly replaced: Map<string, number> = new Map();
  readonly #messages = new Map<string, Uint8Array[]>();
  readonly #setOptions: { logLimit?: number };

  constructor({ judging, ...setOptions }: StateReplayOptions) {
    this.mode = judging;
    this.#setOptions = setOptions;
  }

  start(name: string): void {
    if (this.running.has(name)) throw new MalformedTraceError(`replica ${name} runs already`);
    const set = new PresenceSet({ replica: name, ...this.#setOptions });
    this.running.set(name, { set, follower: new ChangeFollower(), held: new Map() });
  }

  replica(name: string): ReplayedReplica {
    const replica = this.running.get(name);
    if (replica === undefined) throw new MalformedTraceError(`no replica ${name} is running`);
    return replica;
  }

  send(name: string, message: TransferredMessage): void {
    this.#messages.set(name, encodeFragments(message));
  }

  message(name: string): TransferredMessage {
    const message = this.#messages.get(name);
    if (message === undefined) throw new MalformedTraceError(`no message ${name} was sent before`);
    return decodeFragments(message);
  }
}
