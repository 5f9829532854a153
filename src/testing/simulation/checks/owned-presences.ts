import type { PresenceMeta } from "../../../payload.ts";
import type { IncarnationRecord, Ledger, TrackedPresence } from "./ledger.ts";

/** What a caller asked to be tracked, before the ref is known. */
interface Wish {
  readonly owner: string;
  readonly topic: string;
  readonly key: string;
  readonly content: string;
}

/** What the live owners of one process hold: the model, a plain set. */
export class OwnedPresences {
  readonly held: Set<TrackedPresence> = new Set();
  readonly #ledger: Ledger;
  #wish: Wish | undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Whether a call is under way, so that its own presences may come and go. */
  get isInCall(): boolean {
    return this.#wish !== undefined;
  }

  get(owner: string, topic: string, key: string): TrackedPresence | undefined {
    for (const row of this.held) {
      if (row.owner === owner && row.topic === topic && row.key === key) return row;
    }
    return undefined;
  }

  /** What an owner holds: all of it, or one presence. */
  heldBy(owner: string, topic?: string, key?: string): TrackedPresence[] {
    if (topic !== undefined && key !== undefined)
      return [this.get(owner, topic, key)].filter((row) => row !== undefined);
    return [...this.held].filter((row) => row.owner === owner);
  }

  /** Runs a call that is to leave the owner with a presence, and writes down which. */
  hold(wish: Wish, call: () => string, now: number): string {
    const before = this.get(wish.owner, wish.topic, wish.key);
    this.#wish = wish;
    try {
      const ref = call();
      const row = this.#ledger.presences.get(ref);
      if (row !== undefined) {
        if (before !== undefined && before !== row) this.#end(before, now);
        this.#endWaiting(wish, row, now);
        row.endsAt = Number.POSITIVE_INFINITY;
        this.held.add(row);
      }
      return ref;
    } finally {
      this.#wish = undefined;
    }
  }

  /** Runs a call that is to take presences from their owner by `endsAt`. */
  release(rows: readonly TrackedPresence[], call: () => void, endsAt: number): void {
    this.#wish = { owner: "", topic: "", key: "", content: "" };
    try {
      call();
      for (const row of rows) this.#end(row, endsAt);
    } finally {
      this.#wish = undefined;
    }
  }

  /** Writes down a ref of ours that was never seen: of the call under way, or a new one for what we hold under a new id. */
  recordRef(
    meta: PresenceMeta,
    presence: Omit<Wish, "owner">,
    incarnation: IncarnationRecord,
    left: ReadonlySet<string>,
    since: number,
  ): TrackedPresence | undefined {
    const { phx_ref: ref, phx_ref_prev: previousRef } = meta;
    const claimed = { ...presence, ref, previousRef, incarnation, since, successor: undefined };
    const wish = this.#wish;
    if (wish !== undefined && isSame(wish, presence)) {
      return this.#ledger.add({ ...claimed, owner: wish.owner, endsAt: Number.POSITIVE_INFINITY });
    }
    for (const before of left) {
      const row = this.#ledger.presences.get(before);
      if (
        row === undefined ||
        row.incarnation === incarnation ||
        row.successor !== undefined ||
        !isSame(row, presence)
      )
        continue;
      const again = this.#ledger.add({ ...claimed, owner: row.owner, endsAt: row.endsAt });
      row.successor = again;
      if (this.held.delete(row)) this.held.add(again);
      return again;
    }
    return undefined;
  }

  /** Its process is gone, and its owners with it. */
  clear(): void {
    this.held.clear();
  }

  #end(row: TrackedPresence, endsAt: number): void {
    row.endsAt = Math.min(row.endsAt, endsAt);
    this.held.delete(row);
  }

  /** A waiting presence that was tracked anew with another meta was updated: the one before is gone. */
  #endWaiting(wish: Wish, now: TrackedPresence, at: number): void {
    const before = now.previousRef === undefined ? undefined : this.#ledger.presences.get(now.previousRef);
    if (before !== undefined && before.owner === wish.owner) this.#end(before, at);
  }
}

function isSame(one: Omit<Wish, "owner">, other: Omit<Wish, "owner">): boolean {
  return one.topic === other.topic && one.key === other.key && one.content === other.content;
}
