import type { Json } from "../../../src/payload.ts";
import {
  flag,
  jsonObject,
  listOf,
  MalformedError,
  type Members,
  mapOf,
  object,
  oneOf,
  orAbsent,
  type Reader,
  text,
} from "../json-readers.ts";
import type {
  Change,
  Check,
  DiffEvent,
  Event,
  Found,
  Key,
  Listed,
  MetasEvent,
  Op,
  PresenceTrace,
  RecordedDiff,
  Step,
  StepOf,
  Tracked,
} from "./presence-trace.ts";

/**
 * A presence trace, from the parsed JSON of its line. That its steps fit together shows when they are played.
 *
 * @throws {MalformedError} naming the member that is missing or wrong.
 */
export function readPresenceTrace(json: unknown): PresenceTrace {
  const { handle_metas, ...trace } = recorded(json, "trace");
  return { ...trace, handlesMetas: handle_metas };
}

const anything: Reader<Json> = (value) => value as Json;

const key: Reader<Key> = (value, path) => {
  if (typeof value === "string" || Number.isFinite(value)) return value as Key;
  throw new MalformedError(
    `${path} should be a key, and is ${JSON.stringify(value)?.slice(0, 80) ?? "nothing"}`,
  );
};

const slot = { pid: text, topic: text, key };
const diff: Reader<RecordedDiff> = object<RecordedDiff>({ joins: jsonObject, leaves: jsonObject });

const tracked: Reader<Tracked> = (value, path) => {
  const { ok } = object({ ok: orAbsent(text) })(value, path);
  if (ok !== undefined) return { ok };
  return object({ error: oneOf("already_tracked", "nopresence") })(value, path);
};

const listed: Reader<Listed> = (value, path) => {
  const { presences, raw_order } = object({
    presences: jsonObject,
    raw_order: orAbsent(mapOf(listOf(text))),
  })(value, path);
  return { presences, rawOrder: raw_order };
};

const found: Reader<Found> = (value, path) => {
  const { presence, empty } = object({ presence: orAbsent(anything), empty: orAbsent(flag) })(value, path);
  if ((presence === undefined) !== (empty === true))
    throw new MalformedError(`${path} should have presence or empty`);
  return { presence };
};

const change: Reader<Change> = object<Change>({ fn: oneOf("merge", "inc", "delete"), arg: anything });

const event: Reader<Event> = (value, path) => {
  const { type } = object({ type: oneOf("diff", "handle_metas") })(value, path);
  if (type === "diff")
    return object<DiffEvent>({ type: oneOf("diff"), topic: text, payload: diff })(value, path);
  const members = { type: oneOf("handle_metas"), topic: text, diff, presences: jsonObject };
  return object<MetasEvent>(members)(value, path);
};

const readers: { readonly [Name in Op]: Reader<StepOf<Name>> } = {
  track: step("track", { ...slot, meta: jsonObject, result: tracked }),
  update: step("update", { ...slot, meta: orAbsent(jsonObject), update: orAbsent(change), result: tracked }),
  untrack: step("untrack", slot),
  untrack_pid: step("untrack_pid", { pid: text }),
  kill: step("kill", { pid: text }),
  spawn: step("spawn", { pid: text }),
  list: step("list", { topic: text, result: listed }),
  get_by_key: step("get_by_key", { topic: text, key, result: found }),
};

const anyStep: Reader<Step> = (value, path) => {
  const { op } = object({ op: oneOf(...(Object.keys(readers) as Op[])) })(value, path);
  return readers[op](value, path);
};

const recorded = object({
  name: text,
  check: listOf(oneOf<Check>("exact")),
  fetch: oneOf("identity", "extend", "count"),
  handle_metas: flag,
  topics: listOf(text),
  steps: listOf(anyStep),
});

function step<Name extends Op>(
  op: Name,
  members: Members<Omit<StepOf<Name>, "op" | "events">>,
): Reader<StepOf<Name>> {
  return object({ op: oneOf(op), events: listOf(event), ...members } as unknown as Members<StepOf<Name>>);
}
