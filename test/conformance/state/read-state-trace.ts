import {
  clock,
  type JsonReader,
  jsonObject,
  listOf,
  MalformedTraceError,
  type MemberReaders,
  mapOf,
  object,
  oneOf,
  orNull,
  pair,
  text,
} from "../json-readers.ts";
import type {
  RecordedAnswer,
  RecordedDelta,
  RecordedEntry,
  ReplicaPair,
  Slot,
  StateCheck,
  StateOp,
  StateStep,
  StateStepOf,
  StateTrace,
  Tag,
} from "./state-trace.ts";

/**
 * Reads a state trace from parsed JSON. Whether its steps agree with each other shows only when they are replayed.
 *
 * @throws {MalformedTraceError} with the path of the member that is missing or wrong.
 */
export function readStateTrace(json: unknown): StateTrace {
  const { name, check, replicas, setup, steps } = recorded(json, "trace");
  for (const [name] of setup.replica_up) {
    if (!replicas.includes(name))
      throw new MalformedTraceError(`trace.setup.replica_up names ${name}, but trace.replicas does not`);
  }
  return { name, check, replicas, introductions: setup.replica_up, steps };
}

const slot: MemberReaders<Slot> = { topic: text, pid: text, key: text };
const tag: JsonReader<Tag> = pair(text, clock);
const entries: JsonReader<readonly RecordedEntry[]> = listOf(
  object<RecordedEntry>({ ...slot, meta: jsonObject, tag }),
);
const leaves = object({ leaves: entries });

const delta: JsonReader<RecordedDelta> = (value, path) => {
  const content = object<RecordedDelta>({ clouds: mapOf(listOf(clock)), values: entries })(value, path);
  for (const { tag } of content.values) {
    const [replica, dot] = tag;
    if (!content.clouds.get(replica)?.includes(dot)) {
      throw new MalformedTraceError(
        `${path}.clouds should contain ${JSON.stringify(tag)}, which is the tag of one of its values`,
      );
    }
  }
  return content;
};

const answer: JsonReader<RecordedAnswer> = (value, path) => {
  const { kind } = object({ kind: oneOf("delta", "full") })(value, path);
  return kind === "full" ? { kind } : { kind, ...object({ content: delta })(value, path) };
};

const readers: { readonly [Name in StateOp]: JsonReader<StateStepOf<Name>> } = {
  join: step("join", { ...slot, meta: jsonObject, expect: object({ tag }) }),
  leave: step("leave", { ...slot, expect: leaves }),
  leave_pid: step("leave_pid", { pid: text, expect: leaves }),
  update: step("update", { ...slot, meta: jsonObject, expect: object({ tag, replaced: entries }) }),
  capture_delta: step("capture_delta", { as: orNull(text) }),
  capture_full: step("capture_full", { as: text, context: mapOf(clock) }),
  transfer: step("transfer", { as: text, for: text, clocks: mapOf(clock), expect: answer }),
  merge: step("merge", { message: text, expect: object({ joins: entries, leaves: entries }) }),
  replica_up: step("replica_up", { peer: text, expect: object({ joins: entries }) }),
  replica_down: step("replica_down", { peer: text, expect: leaves }),
  remove_down_replicas: step("remove_down_replicas", { peer: text }),
  stop: step("stop", {}),
  start: step("start", {}),
  sync_targets: step("sync_targets", {}),
  check: step("check", {
    expect: object({ online: entries, by_topic: mapOf(listOf(pair(text, jsonObject))) }),
  }),
};

const anyStep: JsonReader<StateStep> = (value, path) => {
  const { op } = object({ op: oneOf(...(Object.keys(readers) as StateOp[])) })(value, path);
  return readers[op](value, path);
};

const recorded = object({
  name: text,
  check: listOf(oneOf<StateCheck>("exact", "converge")),
  replicas: listOf(text),
  setup: object<{ replica_up: readonly ReplicaPair[] }>({ replica_up: listOf(pair(text, text)) }),
  steps: listOf(anyStep),
});

function step<Name extends StateOp>(
  op: Name,
  members: MemberReaders<Omit<StateStepOf<Name>, "op" | "replica">>,
): JsonReader<StateStepOf<Name>> {
  return object({ op: oneOf(op), replica: text, ...members } as unknown as MemberReaders<StateStepOf<Name>>);
}
