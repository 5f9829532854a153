import type { PresenceRecord } from "../../../src/crdt/index.ts";
import type { Json, Meta, PresenceMeta } from "../../../src/payload.ts";
import type { OwnerNumbers } from "./owner-numbers.ts";
import type { RecordedEntry, Tag } from "./state-trace.ts";

/** An entry as one line of text. Equal lines mean equal entries. */
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

/** The meta as the caller tracked it. The CRDT of the reference has no refs. */
export const withoutRefs: (meta: PresenceMeta) => Meta = memoized(
  ({ phx_ref, phx_ref_prev, ...tracked }: PresenceMeta) => tracked,
);

/** JSON with sorted member names. */
const canonical = memoized((meta: Meta) => JSON.stringify(meta, sortNames));

function sortNames(_: string, value: Json): Json {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? Object.fromEntries(Object.entries(value).sort(byName)) : value;
}

function byName([one]: [string, Json], [other]: [string, Json]): number {
  return one < other ? -1 : 1;
}

/** Caches results, because every list is compared after every step and most of its metas stay the same. */
function memoized<Value extends object, Result>(compute: (value: Value) => Result): (value: Value) => Result {
  const results = new WeakMap<Value, Result>();
  return (value) => {
    const known = results.get(value);
    if (known !== undefined) return known;
    const result = compute(value);
    results.set(value, result);
    return result;
  };
}
