/** The maximum number of tombstones. Beyond it, the oldest is dropped. */
const MAX_TOMBSTONES = 10_000;

/** `Tombstones` for reading. */
export type ReadonlyTombstones = Pick<Tombstones, "size" | "has">;

/** The ids of incarnations that are gone for good. Their late messages must not bring them back. */
export class Tombstones {
  readonly #keptForMs: number;
  /** When each expires. All are kept for the same time, so the first to expire comes first. */
  readonly #expiresAt = new Map<string, number>();

  constructor(keptForMs: number) {
    this.#keptForMs = keptForMs;
  }

  get size(): number {
    return this.#expiresAt.size;
  }

  has(id: string): boolean {
    return this.#expiresAt.has(id);
  }

  add(id: string, now: number): void {
    this.#expiresAt.delete(id);
    this.#expiresAt.set(id, now + this.#keptForMs);
    if (this.#expiresAt.size > MAX_TOMBSTONES) this.#expiresAt.delete(this.#expiresAt.keys().next().value!);
  }

  expire(now: number): void {
    for (const [id, expiresAt] of this.#expiresAt) {
      if (expiresAt > now) return;
      this.#expiresAt.delete(id);
    }
  }
}
