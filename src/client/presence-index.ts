import { IndexedEntry } from "./indexed-entry.ts";
import type { BaseEntry, OnJoin, OnLeave, PresenceDiff, PresenceState } from "./presence-state.ts";
import { withMetas } from "./sync-diff.ts";

/** Who to tell. */
export interface PresenceCallbacks<E extends BaseEntry> {
  readonly onJoin?: OnJoin<E> | undefined;
  readonly onLeave?: OnLeave<E> | undefined;
}

/** Tells of one change, to be called when all of a message is in place: a callback that throws does no harm then. */
export type DeferredCall = () => void;

/** The presences of a client, in maps: a change costs what changed, however many are here. */
export class PresenceIndex<E extends BaseEntry> {
  readonly #held = new Map<string, IndexedEntry<E>>();
  #state: PresenceState<E> | undefined;

  /** The same object until something changes. */
  get state(): PresenceState<E> {
    if (!this.#state) {
      const state: Record<string, E> = Object.create(null);
      for (const [key, held] of this.#held) state[key] = held.snapshot;
      this.#state = state;
    }
    return this.#state;
  }

  /** Does what `syncDiff` does. Adds to `calls` what is to be called. */
  applyDiff(
    { joins, leaves }: PresenceDiff<E>,
    { onJoin, onLeave }: PresenceCallbacks<E>,
    calls: DeferredCall[],
  ): void {
    for (const key of Object.keys(joins)) this.#join(key, joins[key]!, onJoin, calls);
    for (const key of Object.keys(leaves)) {
      const left = leaves[key]!;
      this.#leave(key, left, left.metas.map(refOf), onLeave, calls);
    }
  }

  /** Does what `syncState` does. Adds to `calls` what is to be called. */
  applyState(
    fresh: PresenceState<E>,
    { onJoin, onLeave }: PresenceCallbacks<E>,
    calls: DeferredCall[],
  ): void {
    const [gone, left] = [leaves<E>(), leaves<E>()];
    let notSeen = this.#held.size;
    for (const key of Object.keys(fresh)) {
      const entry = fresh[key]!;
      const held = this.#held.get(key);
      if (!held) {
        this.#join(key, entry, onJoin, calls);
        continue;
      }
      notSeen--;
      if (held.hasOnlyMetaOf(entry)) continue;
      const joined = entry.metas.filter((meta) => !held.has(meta.phx_ref));
      const refs = new Set(entry.metas.map(refOf));
      const lost = held.refs().filter((ref) => !refs.has(ref));
      if (lost.length) left[key] = [held.withOnly(lost), lost];
      if (joined.length) this.#join(key, withMetas(entry, joined), onJoin, calls);
    }
    if (notSeen) {
      for (const [key, held] of this.#held) {
        if (!Object.hasOwn(fresh, key)) gone[key] = [held.snapshot, held.refs()];
      }
    }
    // In the order of the official client: who is gone first, and numbers before all else, as objects have them.
    const all = Object.assign(gone, left);
    for (const key of Object.keys(all)) this.#leave(key, ...all[key]!, onLeave, calls);
  }

  #join(key: string, entry: E, onJoin: OnJoin<E> | undefined, calls: DeferredCall[]): void {
    const held = this.#held.get(key);
    if (onJoin) {
      const current = held?.snapshot;
      calls.push(() => onJoin(key, current, entry));
    }
    if (held) held.join(entry);
    else this.#held.set(key, new IndexedEntry(entry));
    this.#state = undefined;
  }

  #leave(
    key: string,
    entry: E,
    refs: readonly string[],
    onLeave: OnLeave<E> | undefined,
    calls: DeferredCall[],
  ): void {
    const held = this.#held.get(key);
    if (!held) return;
    for (const ref of refs) if (held.leave(ref)) this.#state = undefined;
    if (!held.size) {
      this.#held.delete(key);
      this.#state = undefined;
    }
    if (onLeave) {
      const current = held.snapshot;
      calls.push(() => onLeave(key, current, entry));
    }
  }
}

/** By key: the entry that left, and its refs. */
function leaves<E extends BaseEntry>(): Record<string, readonly [left: E, refs: readonly string[]]> {
  return Object.create(null);
}

function refOf(meta: { readonly phx_ref: string }): string {
  return meta.phx_ref;
}
