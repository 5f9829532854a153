import type { Json, Meta } from "../../../src/payload.ts";

/** A recorded history of one Phoenix.Presence, on one node. */
export interface PresenceTrace {
  readonly name: string;
  readonly check: readonly Check[];
  readonly fetch: FetchName;
  /** Whether the calls of `handle_metas` are recorded. */
  readonly handlesMetas: boolean;
  readonly topics: readonly string[];
  readonly steps: readonly Step[];
}

export type Check = "exact";
export type FetchName = "identity" | "extend" | "count";
/** One that is a number was given as a number. */
export type Key = string | number;
type JsonObject = { readonly [name: string]: Json };

export type Step = { [Name in Op]: StepOf<Name> }[Op];
export type Op = keyof Operations;
export type StepOf<Name extends Op> = {
  readonly op: Name;
  readonly events: readonly Event[];
} & Operations[Name];

interface Slot {
  readonly pid: string;
  readonly topic: string;
  readonly key: Key;
}

interface Operations {
  readonly track: Slot & { readonly meta: Meta; readonly result: Tracked };
  /** It replaces the meta, or makes a new one of it. */
  readonly update: Slot & {
    readonly meta: Meta | undefined;
    readonly update: Change | undefined;
    readonly result: Tracked;
  };
  readonly untrack: Slot;
  readonly untrack_pid: { readonly pid: string };
  readonly kill: { readonly pid: string };
  readonly spawn: { readonly pid: string };
  readonly list: { readonly topic: string; readonly result: Listed };
  readonly get_by_key: { readonly topic: string; readonly key: Key; readonly result: Found };
}

/** The new ref, or why there is none. */
export type Tracked = { readonly ok: string } | { readonly error: "already_tracked" | "nopresence" };

export interface Listed {
  readonly presences: JsonObject;
  /** Where some key has several metas: the refs of all keys, in whatever order the reference had them. */
  readonly rawOrder: ReadonlyMap<string, readonly string[]> | undefined;
}

/** `undefined` where there was nothing. */
export interface Found {
  readonly presence: Json | undefined;
}

/** A function that makes a new meta. */
export interface Change {
  readonly fn: "merge" | "inc" | "delete";
  readonly arg: Json;
}

export type Event = DiffEvent | MetasEvent;

export interface RecordedDiff {
  readonly joins: JsonObject;
  readonly leaves: JsonObject;
}

export interface DiffEvent {
  readonly type: "diff";
  readonly topic: string;
  readonly payload: RecordedDiff;
}

/** A call of `handle_metas`: the diff, and all metas by key after it. */
export interface MetasEvent {
  readonly type: "handle_metas";
  readonly topic: string;
  readonly diff: RecordedDiff;
  readonly presences: JsonObject;
}
