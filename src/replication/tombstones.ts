/** More starts than this are not remembered; the oldest is dropped. */
const LIMIT = 10_000;

/** `Tombstones` for reading. */
export type ReadonlyTombstones = Pick<Tombstones, "size" | "has">;

/**
 * The ids of starts that ended for good while we knew them. A message of theirs that was late would otherwise
 * bring them back.
 */
export class Tombstones {
  readonly #keptForMs: number;
  /** When each may be dropped. All are kept for as long, so they are in this order. */
  readonly #until = new Map<string, number>();

  constructor(keptForMs: number) {
    this.#keptForMs = keptForMs;
  }

  get size(): number {
    return this.#until.size;
  }

  has(id: string): boolean {
    return this.#until.has(id);
  }

  add(id: string, now: number): void {
    this.#until.delete(id);
    this.#until.set(id, now + this.#keptForMs);
    if (this.#until.size > LIMIT) this.#until.delete(this.#until.keys().next().value!);
  }

  expire(now: number): void {
    for (const [id, until] of this.#until) {
      if (until > now) return;
      this.#until.delete(id);
    }
  }
}
