import type { Meta } from "../../../src/payload.ts";

/** What must hold of a trace: our results at every step, or our lists at the end. */
export type StateCheck = "exact" | "converge";

/** A recorded history of a few replicas: what was done, and what the reference answered. */
export interface StateTrace {
  readonly name: string;
  /** Empty where the trace shows an oddity of the reference that we don't copy: then only our own promises hold. */
  readonly check: readonly StateCheck[];
  readonly replicas: readonly string[];
  /** Who knows whom from the start, as `[who, whom]`. */
  readonly introductions: readonly ReplicaPair[];
  readonly steps: readonly StateStep[];
}

export type ReplicaPair = readonly [who: string, whom: string];

/** Which replica made an entry, and its clock then: what we call its dot. */
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

/** What the reference sent: of the clocks in `clouds`, those in `values` stand. */
export interface RecordedDelta {
  readonly clouds: ReadonlyMap<string, readonly number[]>;
  readonly values: readonly RecordedEntry[];
}

/** A full state is not read: we send our own. */
export type RecordedAnswer =
  | { readonly kind: "delta"; readonly content: RecordedDelta }
  | { readonly kind: "full" };

/** By replica: everything up to this clock has been seen. */
export type Clocks = ReadonlyMap<string, number>;

interface Steps {
  join: Slot & { readonly meta: Meta; readonly expect: { readonly tag: Tag } };
  leave: Slot & { readonly expect: { readonly leaves: readonly RecordedEntry[] } };
  leave_pid: { readonly pid: string; readonly expect: { readonly leaves: readonly RecordedEntry[] } };
  update: Slot & {
    readonly meta: Meta;
    readonly expect: { readonly tag: Tag; readonly replaced: readonly RecordedEntry[] };
  };
  /** `as` is null where the reference had nothing to send. */
  capture_delta: { readonly as: string | null };
  capture_full: { readonly as: string; readonly context: Clocks };
  /** `for` names the replica that asks, `clocks` what the reference's context of it says. */
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
  /** Whom the reference would ask is its own affair. */
  sync_targets: object;
  check: { readonly expect: { readonly online: readonly RecordedEntry[]; readonly by_topic: ByTopic } };
}

export type ByTopic = ReadonlyMap<string, readonly (readonly [key: string, meta: Meta])[]>;

export type StateOp = keyof Steps;

export type StateStepOf<Name extends StateOp> = { readonly op: Name; readonly replica: string } & Steps[Name];

/** What one replica does, with what the reference answered in `expect`. */
export type StateStep = { [Name in StateOp]: StateStepOf<Name> }[StateOp];
