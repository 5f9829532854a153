import { type Fragment, PresenceSet } from "../../../src/crdt/index.ts";
import { MalformedTraceError } from "../json-readers.ts";
import { ChangeFollower } from "./change-follower.ts";
import { decodeFragments, encodeFragments } from "./fragment-bytes.ts";
import { OwnerNumbers } from "./owner-numbers.ts";
import type { RecordedEntry, StateCheck } from "./state-trace.ts";

/** The expectation that a replay compares with: one of the trace's checks, or only our own promises. */
export type ReplayMode = StateCheck | "promises";

export interface StateReplayOptions {
  readonly mode: ReplayMode;
  /** The `logLimit` of every set. Our results must not depend on it. */
  readonly logLimit?: number;
}

/** A message from one replica to another: one fragment for each replica that it describes. */
export type TransferredMessage = readonly Fragment[];

/** A running replica: our set, and two simple models that the set must agree with. */
export interface ReplayedReplica {
  readonly set: PresenceSet;
  readonly follower: ChangeFollower;
  /** The presences that its own owners hold, by slot. They follow from the steps, not from our set. */
  readonly held: Map<string, RecordedEntry>;
}

/** The state of the replay of one trace. */
export class StateReplay {
  readonly mode: ReplayMode;
  readonly running: Map<string, ReplayedReplica> = new Map();
  readonly pids: OwnerNumbers = new OwnerNumbers();
  /** Every key that was ever present, by topic. The count of a key that has left must be zero. */
  readonly keys: Map<string, Set<string>> = new Map();
  /** The clock that each update replaced, by the tag of the update. Recorded deltas lack it. */
  readonly replaced: Map<string, number> = new Map();
  readonly #messages = new Map<string, Uint8Array[]>();
  readonly #setOptions: { logLimit?: number };

  constructor({ mode, ...setOptions }: StateReplayOptions) {
    this.mode = mode;
    this.#setOptions = setOptions;
  }

  start(name: string): void {
    if (this.running.has(name)) throw new MalformedTraceError(`replica ${name} is already running`);
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
