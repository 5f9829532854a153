import type { Json, Meta } from "../../../src/payload.ts";

/** A recorded history of one Phoenix.Presence on one node. */
export interface PresenceTrace {
  readonly name: string;
  readonly check: readonly PresenceCheck[];
  readonly fetch: FetchName;
  /** Whether the trace contains the calls of `handle_metas`. */
  readonly handlesMetas: boolean;
  readonly topics: readonly string[];
  readonly steps: readonly PresenceStep[];
}

export type PresenceCheck = "exact";
export type FetchName = "identity" | "extend" | "count";
/** A numeric key was passed to the reference as a number. */
export type RecordedKey = string | number;
type JsonObject = { readonly [name: string]: Json };

export type PresenceStep = { [Name in PresenceOp]: PresenceStepOf<Name> }[PresenceOp];
export type PresenceOp = keyof Operations;
export type PresenceStepOf<Name extends PresenceOp> = {
  readonly op: Name;
  readonly events: readonly RecordedEvent[];
} & Operations[Name];

interface Slot {
  readonly pid: string;
  readonly topic: string;
  readonly key: RecordedKey;
}

interface Operations {
  readonly track: Slot & { readonly meta: Meta; readonly result: TrackResult };
  /** Either `meta` replaces the meta, or `update` computes the new one. */
  readonly update: Slot & {
    readonly meta: Meta | undefined;
    readonly update: MetaChange | undefined;
    readonly result: TrackResult;
  };
  readonly untrack: Slot;
  readonly untrack_pid: { readonly pid: string };
  readonly kill: { readonly pid: string };
  readonly spawn: { readonly pid: string };
  readonly list: { readonly topic: string; readonly result: ListResult };
  readonly get_by_key: { readonly topic: string; readonly key: RecordedKey; readonly result: FoundPresence };
}

/** The new ref, or the error. */
export type TrackResult = { readonly ok: string } | { readonly error: "already_tracked" | "nopresence" };

export interface ListResult {
  readonly presences: JsonObject;
  /** Only recorded if a key has several metas: the refs of each key, in the order of the reference. */
  readonly rawOrder: ReadonlyMap<string, readonly string[]> | undefined;
}

/** `undefined` if the key had no presence. */
export interface FoundPresence {
  readonly presence: Json | undefined;
}

/** A function that computes a new meta. */
export interface MetaChange {
  readonly fn: "merge" | "inc" | "delete";
  readonly arg: Json;
}

export type RecordedEvent = DiffEvent | MetasEvent;

export interface RecordedDiff {
  readonly joins: JsonObject;
  readonly leaves: JsonObject;
}

export interface DiffEvent {
  readonly type: "diff";
  readonly topic: string;
  readonly payload: RecordedDiff;
}

/** A call of `handle_metas`, with the diff and with all metas by key after the diff. */
export interface MetasEvent {
  readonly type: "handle_metas";
  readonly topic: string;
  readonly diff: RecordedDiff;
  readonly presences: JsonObject;
}
