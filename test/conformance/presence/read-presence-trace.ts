import type { Json } from "../../../src/payload.ts";
import {
  flag,
  type JsonReader,
  jsonObject,
  listOf,
  MalformedTraceError,
  type MemberReaders,
  mapOf,
  object,
  oneOf,
  orAbsent,
  text,
} from "../json-readers.ts";
import type {
  DiffEvent,
  FoundPresence,
  ListResult,
  MetaChange,
  MetasEvent,
  PresenceCheck,
  PresenceOp,
  PresenceStep,
  PresenceStepOf,
  PresenceTrace,
  RecordedDiff,
  RecordedEvent,
  RecordedKey,
  TrackResult,
} from "./presence-trace.ts";

/**
 * Reads a presence trace from parsed JSON. Whether its steps agree with each other shows only when they are replayed.
 *
 * @throws {MalformedTraceError} with the path of the member that is missing or wrong.
 */
export function readPresenceTrace(json: unknown): PresenceTrace {
  const { handle_metas, ...trace } = recorded(json, "trace");
  return { ...trace, handlesMetas: handle_metas };
}

const anything: JsonReader<Json> = (value) => value as Json;

const key: JsonReader<RecordedKey> = (value, path) => {
  if (typeof value === "string" || Number.isFinite(value)) return value as RecordedKey;
  throw new MalformedTraceError(
    `${path} should be a key, but is ${JSON.stringify(value)?.slice(0, 80) ?? "nothing"}`,
  );
};

const slot = { pid: text, topic: text, key };
const diff: JsonReader<RecordedDiff> = object<RecordedDiff>({ joins: jsonObject, leaves: jsonObject });

const tracked: JsonReader<TrackResult> = (value, path) => {
  const { ok } = object({ ok: orAbsent(text) })(value, path);
  if (ok !== undefined) return { ok };
  return object({ error: oneOf("already_tracked", "nopresence") })(value, path);
};

const listed: JsonReader<ListResult> = (value, path) => {
  const { presences, raw_order } = object({
    presences: jsonObject,
    raw_order: orAbsent(mapOf(listOf(text))),
  })(value, path);
  return { presences, rawOrder: raw_order };
};

const found: JsonReader<FoundPresence> = (value, path) => {
  const { presence, empty } = object({ presence: orAbsent(anything), empty: orAbsent(flag) })(value, path);
  if ((presence === undefined) !== (empty === true))
    throw new MalformedTraceError(`${path} should have either presence or empty`);
  return { presence };
};

const change: JsonReader<MetaChange> = object<MetaChange>({
  fn: oneOf("merge", "inc", "delete"),
  arg: anything,
});

const event: JsonReader<RecordedEvent> = (value, path) => {
  const { type } = object({ type: oneOf("diff", "handle_metas") })(value, path);
  if (type === "diff")
    return object<DiffEvent>({ type: oneOf("diff"), topic: text, payload: diff })(value, path);
  const members = { type: oneOf("handle_metas"), topic: text, diff, presences: jsonObject };
  return object<MetasEvent>(members)(value, path);
};

const readers: { readonly [Name in PresenceOp]: JsonReader<PresenceStepOf<Name>> } = {
  track: step("track", { ...slot, meta: jsonObject, result: tracked }),
  update: step("update", { ...slot, meta: orAbsent(jsonObject), update: orAbsent(change), result: tracked }),
  untrack: step("untrack", slot),
  untrack_pid: step("untrack_pid", { pid: text }),
  kill: step("kill", { pid: text }),
  spawn: step("spawn", { pid: text }),
  list: step("list", { topic: text, result: listed }),
  get_by_key: step("get_by_key", { topic: text, key, result: found }),
};

const anyStep: JsonReader<PresenceStep> = (value, path) => {
  const { op } = object({ op: oneOf(...(Object.keys(readers) as PresenceOp[])) })(value, path);
  return readers[op](value, path);
};

const recorded = object({
  name: text,
  check: listOf(oneOf<PresenceCheck>("exact")),
  fetch: oneOf("identity", "extend", "count"),
  handle_metas: flag,
  topics: listOf(text),
  steps: listOf(anyStep),
});

function step<Name extends PresenceOp>(
  op: Name,
  members: MemberReaders<Omit<PresenceStepOf<Name>, "op" | "events">>,
): JsonReader<PresenceStepOf<Name>> {
  return object({ op: oneOf(op), events: listOf(event), ...members } as unknown as MemberReaders<
    PresenceStepOf<Name>
  >);
}
