import type { PresenceMeta } from "../../../payload.ts";
import type { Ledger, Life, Row } from "./ledger.ts";

/** What a caller asked to be tracked, before the ref is known. */
interface Wish {
  readonly owner: string;
  readonly topic: string;
  readonly key: string;
  readonly content: string;
}

/** What the live owners of one process hold: the model, a plain set. */
export class Holdings {
  readonly held: Set<Row> = new Set();
  readonly #ledger: Ledger;
  #wish: Wish | undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Whether a call is under way, so that its own presences may come and go. */
  get isInCall(): boolean {
    return this.#wish !== undefined;
  }

  get(owner: string, topic: string, key: string): Row | undefined {
    for (const row of this.held) {
      if (row.owner === owner && row.topic === topic && row.key === key) return row;
    }
    return undefined;
  }

  /** What an owner holds: all of it, or one presence. */
  of(owner: string, topic?: string, key?: string): Row[] {
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
      const row = this.#ledger.rows.get(ref);
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
  release(rows: readonly Row[], call: () => void, endsAt: number): void {
    this.#wish = { owner: "", topic: "", key: "", content: "" };
    try {
      call();
      for (const row of rows) this.#end(row, endsAt);
    } finally {
      this.#wish = undefined;
    }
  }

  /** Writes down a ref of ours that was never seen: of the call under way, or a new one for what we hold under a new id. */
  claim(
    meta: PresenceMeta,
    presence: Omit<Wish, "owner">,
    life: Life,
    left: ReadonlySet<string>,
    since: number,
  ): Row | undefined {
    const { phx_ref: ref, phx_ref_prev: previousRef } = meta;
    const claimed = { ...presence, ref, previousRef, life, since, heir: undefined };
    const wish = this.#wish;
    if (wish !== undefined && isSame(wish, presence)) {
      return this.#ledger.add({ ...claimed, owner: wish.owner, endsAt: Number.POSITIVE_INFINITY });
    }
    for (const before of left) {
      const row = this.#ledger.rows.get(before);
      if (row === undefined || row.life === life || row.heir !== undefined || !isSame(row, presence))
        continue;
      const again = this.#ledger.add({ ...claimed, owner: row.owner, endsAt: row.endsAt });
      row.heir = again;
      if (this.held.delete(row)) this.held.add(again);
      return again;
    }
    return undefined;
  }

  /** Its process is gone, and its owners with it. */
  clear(): void {
    this.held.clear();
  }

  #end(row: Row, endsAt: number): void {
    row.endsAt = Math.min(row.endsAt, endsAt);
    this.held.delete(row);
  }

  /** A waiting presence that was tracked anew with another meta was updated: the one before is gone. */
  #endWaiting(wish: Wish, now: Row, at: number): void {
    const before = now.previousRef === undefined ? undefined : this.#ledger.rows.get(now.previousRef);
    if (before !== undefined && before.owner === wish.owner) this.#end(before, at);
  }
}

function isSame(one: Omit<Wish, "owner">, other: Omit<Wish, "owner">): boolean {
  return one.topic === other.topic && one.key === other.key && one.content === other.content;
}
