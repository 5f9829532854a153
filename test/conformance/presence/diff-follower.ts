import type { BaseEntry, PresenceState } from "../../../src/client/presence-state.ts";
import { syncDiff } from "../../../src/client/sync-diff.ts";

/** Who is there, for a client that only hears the projected diffs. An entry without metas counts as one that has none. */
export class DiffFollower {
  #state: PresenceState<BaseEntry> = {};

  apply({ joins, leaves }: { readonly joins: object; readonly leaves: object }): void {
    this.#state = syncDiff(this.#state, { joins: withMetas(joins), leaves: withMetas(leaves) });
  }

  /** The metas of each key. */
  toObject(): { readonly [key: string]: BaseEntry["metas"] } {
    return Object.fromEntries(Object.entries(this.#state).map(([key, { metas }]) => [key, metas]));
  }
}

function withMetas(projection: object): PresenceState<BaseEntry> {
  const entries = Object.entries(projection).map(([key, entry]) => [key, { metas: [], ...entry }] as const);
  return Object.fromEntries(entries);
}
