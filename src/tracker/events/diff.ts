import type { Change } from "../../crdt/change.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { Diff, PresenceMeta, State } from "../../payload.ts";

/** Groups a change by topic and key, as listeners get it. */
export function diffOf<M extends object>({ joins, leaves }: Change): Diff<M> {
  const diff = new Map<string, { joins: State<M>; leaves: State<M> }>();
  for (const presence of joins) put(topicIn(diff, presence).joins, presence);
  for (const presence of leaves) put(topicIn(diff, presence).leaves, presence);
  return diff;
}

function topicIn<M extends object>(
  diff: Map<string, { joins: State<M>; leaves: State<M> }>,
  { topic }: PresenceRecord,
): { joins: State<M>; leaves: State<M> } {
  let changes = diff.get(topic);
  if (changes === undefined) {
    changes = { joins: Object.create(null), leaves: Object.create(null) };
    diff.set(topic, changes);
  }
  return changes;
}

function put<M extends object>(state: State<M>, { key, meta }: PresenceRecord): void {
  const held = state[key];
  if (held === undefined) state[key] = { metas: [meta as PresenceMeta<M>] };
  else held.metas.push(meta as PresenceMeta<M>);
}
