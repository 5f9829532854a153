import { checkDiff, checkKind } from "./check-kind.ts";
import { copyJson, memberOf, setMember } from "./json-copy.ts";
import type { BaseEntry, OnJoin, OnLeave, PresenceDiff, PresenceState } from "./presence-state.ts";

/**
 * Returns the state after a diff. It does not modify its inputs, and keeps nothing of the diff itself, so another
 * listener may modify the message later. Unchanged entries are the same objects as before, and so is the state if
 * nothing changed. Each ref counts once, so applying the same join twice changes nothing. It copies a pointer for each
 * key of the state; the cost of `PresenceClient` depends only on what changes.
 *
 * @example
 * state = syncDiff(state, diff, (key) => console.log(`${key} joined`));
 */
export function syncDiff<E extends BaseEntry>(
  state: PresenceState<E>,
  diff: PresenceDiff<E>,
  onJoin?: OnJoin<E>,
  onLeave?: OnLeave<E>,
): PresenceState<E> {
  checkKind("state", state, "object");
  checkDiff(diff);
  const { joins, leaves } = diff;
  const next: Record<string, E> = { ...state };
  let changed = false;
  for (const [key, entry] of Object.entries(joins)) {
    const joined = copyJson(entry);
    const current = memberOf(next, key);
    changed = true;
    const metas = [
      ...(current ? metasWithout(current, joined) : []),
      ...new Map(joined.metas.map((meta) => [meta.phx_ref, meta])).values(),
    ];
    setMember(next, key, withMetas(joined, metas));
    onJoin?.(key, current, joined);
  }
  for (const [key, left] of Object.entries(leaves)) {
    let current = memberOf(next, key);
    if (!current) continue;
    const metas = metasWithout(current, left);
    if (metas.length < current.metas.length) {
      changed = true;
      current = withMetas(current, metas);
      setMember(next, key, current);
    }
    if (!metas.length) {
      changed = true;
      delete next[key];
    }
    onLeave?.(key, current, copyJson(left));
  }
  return changed ? next : state;
}

/** The metas of `entry` whose refs `other` does not contain. */
export function metasWithout<E extends BaseEntry>(entry: E, other: E): E["metas"][number][] {
  const refs = new Set(other.metas.map((meta) => meta.phx_ref));
  return entry.metas.filter((meta) => !refs.has(meta.phx_ref));
}

/** A copy of an entry with other metas. It keeps the members that a projection added. */
export function withMetas<E extends BaseEntry>(entry: E, metas: E["metas"]): E {
  return { ...entry, metas };
}
