import type { Meta } from "../../../src/payload.ts";

/** The requirement of a trace: equal results at every step, or equal lists at the end. */
export type StateCheck = "exact" | "converge";

/** A recorded history of some replicas: their steps and the results of the reference. */
export interface StateTrace {
  readonly name: string;
  /** Empty if the trace shows a quirk of the reference that we don't copy. Then only our own promises must hold. */
  readonly check: readonly StateCheck[];
  readonly replicas: readonly string[];
  /** The replicas that know each other from the start. */
  readonly introductions: readonly ReplicaPair[];
  readonly steps: readonly StateStep[];
}

/** `name` knows `peer`. */
export type ReplicaPair = readonly [name: string, peer: string];

/** The replica that created an entry, and its clock at that time. We call the pair a dot. */
export type Tag = readonly [replica: string, clock: number];

export interface Slot {
  readonly topic: string;
  readonly pid: string;
  readonly key: string;
}

export interface RecordedEntry extends Slot {
  readonly meta: Meta;
  readonly tag: Tag;
}

/** A delta that the reference sent. `clouds` has the clocks of all events, `values` the entries that are still live. */
export interface RecordedDelta {
  readonly clouds: ReadonlyMap<string, readonly number[]>;
  readonly values: readonly RecordedEntry[];
}

/** The replay sends our own full state, so the recorded one is not read. */
export type RecordedAnswer =
  | { readonly kind: "delta"; readonly content: RecordedDelta }
  | { readonly kind: "full" };

/** For each replica, the clock up to which all its events have been seen. */
export type Clocks = ReadonlyMap<string, number>;

interface Steps {
  join: Slot & { readonly meta: Meta; readonly expect: { readonly tag: Tag } };
  leave: Slot & { readonly expect: { readonly leaves: readonly RecordedEntry[] } };
  leave_pid: { readonly pid: string; readonly expect: { readonly leaves: readonly RecordedEntry[] } };
  update: Slot & {
    readonly meta: Meta;
    readonly expect: { readonly tag: Tag; readonly replaced: readonly RecordedEntry[] };
  };
  /** `as` is null if the reference had nothing to send. */
  capture_delta: { readonly as: string | null };
  capture_full: { readonly as: string; readonly context: Clocks };
  /** `for` is the asking replica, `clocks` the context that it has in the reference. */
  transfer: {
    readonly as: string;
    readonly for: string;
    readonly clocks: Clocks;
    readonly expect: RecordedAnswer;
  };
  merge: {
    readonly message: string;
    readonly expect: { readonly joins: readonly RecordedEntry[]; readonly leaves: readonly RecordedEntry[] };
  };
  replica_up: { readonly peer: string; readonly expect: { readonly joins: readonly RecordedEntry[] } };
  replica_down: { readonly peer: string; readonly expect: { readonly leaves: readonly RecordedEntry[] } };
  remove_down_replicas: { readonly peer: string };
  stop: object;
  start: object;
  /** Ignored: our replicas choose by themselves which peers they ask. */
  sync_targets: object;
  check: { readonly expect: { readonly online: readonly RecordedEntry[]; readonly by_topic: ByTopic } };
}

export type ByTopic = ReadonlyMap<string, readonly (readonly [key: string, meta: Meta])[]>;

export type StateOp = keyof Steps;

export type StateStepOf<Name extends StateOp> = { readonly op: Name; readonly replica: string } & Steps[Name];

/** A step of one replica, with the result of the reference in `expect`. */
export type StateStep = { [Name in StateOp]: StateStepOf<Name> }[StateOp];
