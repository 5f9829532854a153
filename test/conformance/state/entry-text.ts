import type { PresenceRecord } from "../../../src/crdt/index.ts";
import type { Json, Meta, PresenceMeta } from "../../../src/payload.ts";
import type { OwnerNumbers } from "./owner-numbers.ts";
import type { RecordedEntry, Tag } from "./state-trace.ts";

/** An entry as one line of text: equal lines mean equal entries. */
export function entryText({ topic, pid, key, meta, tag }: RecordedEntry): string {
  return `${metaText(topic, key, meta)} of ${JSON.stringify(pid)} ${tagText(tag)}`;
}

export function presenceText(
  { topic, owner, key, meta, replica, dot }: PresenceRecord,
  pids: OwnerNumbers,
): string {
  return entryText({ topic, pid: pids.pidOf(owner), key, meta: withoutRefs(meta), tag: [replica, dot] });
}

export function metaText(topic: string, key: string, meta: Meta): string {
  return `${JSON.stringify(topic)} ${JSON.stringify(key)} ${canonical(meta)}`;
}

export function tagText([replica, clock]: Tag): string {
  return `[${JSON.stringify(replica)}, ${clock}]`;
}

/** The meta as it was tracked: the reference's CRDT knows of no refs. */
export const withoutRefs: (meta: PresenceMeta) => Meta = remembered(
  ({ phx_ref, phx_ref_prev, ...tracked }: PresenceMeta) => tracked,
);

/** JSON with the names of each object sorted. */
const canonical = remembered((meta: Meta) => JSON.stringify(meta, sortNames));

function sortNames(_: string, value: Json): Json {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? Object.fromEntries(Object.entries(value).sort(byName)) : value;
}

function byName([one]: [string, Json], [other]: [string, Json]): number {
  return one < other ? -1 : 1;
}

/** Every list is compared after every step, and nearly all metas in it were there before. */
function remembered<Value extends object, Result>(
  compute: (value: Value) => Result,
): (value: Value) => Result {
  const results = new WeakMap<Value, Result>();
  return (value) => {
    const known = results.get(value);
    if (known !== undefined) return known;
    const result = compute(value);
    results.set(value, result);
    return result;
  };
}
