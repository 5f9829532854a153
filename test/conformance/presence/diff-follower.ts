import type { BaseEntry, PresenceState } from "../../../src/client/presence-state.ts";
import { syncDiff } from "../../../src/client/sync-diff.ts";

/** A client that knows only the projected diffs. It reads an entry without `metas` as an entry with an empty list. */
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
