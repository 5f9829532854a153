import type { Change } from "../../crdt/change.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { Diff, MutableState, PresenceMeta } from "../../payload.ts";

/** Groups a change by topic and key, as listeners get it. */
export function diffOf<M extends object>({ joins, leaves }: Change): Diff<M> {
  const diff = new Map<string, { joins: MutableState<M>; leaves: MutableState<M> }>();
  for (const presence of joins) put(topicIn(diff, presence).joins, presence);
  for (const presence of leaves) put(topicIn(diff, presence).leaves, presence);
  return diff;
}

function topicIn<M extends object>(
  diff: Map<string, { joins: MutableState<M>; leaves: MutableState<M> }>,
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
