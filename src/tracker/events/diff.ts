import type { Change } from "../../crdt/change.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { MutableState, PresenceMeta } from "../../payload.ts";

/** A `Diff` that its maker may change. */
type MutableDiff<M extends object> = Map<string, { joins: MutableState<M>; leaves: MutableState<M> }>;

/** Groups a change by topic and key, as listeners get it. */
export function diffOf<M extends object>({ joins, leaves }: Change): MutableDiff<M> {
  const diff: MutableDiff<M> = new Map();
  for (const presence of joins) put(topicIn(diff, presence).joins, presence);
  for (const presence of leaves) put(topicIn(diff, presence).leaves, presence);
  return diff;
}

function topicIn<M extends object>(
  diff: MutableDiff<M>,
  { topic }: PresenceRecord,
): { joins: MutableState<M>; leaves: MutableState<M> } {
  let changes = diff.get(topic);
  if (changes === undefined) {
    changes = { joins: Object.create(null), leaves: Object.create(null) };
    diff.set(topic, changes);
  }
  return changes;
}

function put<M extends object>(state: MutableState<M>, { key, meta }: PresenceRecord): void {
  const typed = meta as object as PresenceMeta<M>;
  const held = state[key];
  if (held === undefined) state[key] = { metas: [typed] };
  else held.metas.push(typed);
}
