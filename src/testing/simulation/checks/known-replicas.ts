import type { MessageHeader } from "../message-header.ts";
import type { IncarnationRecord } from "./ledger.ts";

interface Sign {
  readonly at: number;
  readonly counter: number;
}

interface Farewell {
  /** When its presences are gone. */
  readonly goneAt: number;
  /** Until when nothing of it may come in again. */
  readonly refusedUntil: number;
  /** Whether it is back. */
  isOver: boolean;
}

/** What a process heard, and when: what it may show follows from it. */
export class KnownReplicas {
  readonly #permdownPeriodMs: number;
  readonly #signs = new Map<string, Sign>();
  #latest: { readonly id: string; readonly counter: number } | undefined = undefined;
  readonly #current = new Map<string, IncarnationRecord>();
  readonly #forgotten = new Set<string>();
  readonly #upAt = new Map<string, number>();
  readonly #farewells = new Map<string, Farewell>();

  constructor(permdownPeriodMs: number) {
    this.#permdownPeriodMs = permdownPeriodMs;
  }

  messageArrived({ kind, counter }: MessageHeader, life: IncarnationRecord, now: number): void {
    this.#latest = { id: life.id, counter };
    if (kind === "leaving") {
      this.#bidFarewell(life, life.leaveAfterMs, now);
    } else if (!this.isRefused(life.id, now)) {
      // Who is refused gives no sign of life by it.
      const sign = this.#signs.get(life.id);
      if (sign === undefined || counter > sign.counter) this.#signs.set(life.id, { at: now, counter });
      this.#meet(life, now);
    }
  }

  /** When a replica last gave a sign of life. */
  lastSignOfLife(id: string): number | undefined {
    return this.#signs.get(id)?.at;
  }

  /** When the presences are gone of a replica that said that it goes, or that a later start took the place of. */
  goneAt(id: string, now: number): number | undefined {
    const farewell = this.#farewells.get(id);
    // It may come back, as new, but not before all that lingered is gone.
    if (farewell === undefined || farewell.isOver || now >= farewell.refusedUntil + MOMENT_MS)
      return undefined;
    return farewell.goneAt;
  }

  /** Whether such a replica is refused for now: nothing of it may come in. */
  isRefused(id: string, now: number): boolean {
    return now < this.#refusedUntil(id);
  }

  /**
   * From when on a replica is listened to, as far as it goes by its name: `Infinity` while a later start has that, or,
   * of one that was forgotten, any other.
   */
  acceptedFrom(life: IncarnationRecord): number {
    const current = this.#current.get(life.name);
    const isTaken = current !== undefined && current.id !== life.id;
    if (isTaken && (isLater(current, life) || this.#forgotten.has(life.id))) return Number.POSITIVE_INFINITY;
    return Math.max(this.#refusedUntil(life.id), this.#upAt.get(life.id) ?? 0);
  }

  /** Its tracker has this start of the name now: where an earlier one was back, the later had been silent for long. */
  cameUp(life: IncarnationRecord, now: number): void {
    // By the message just heard, though one with a higher counter was heard while nobody listened to it.
    if (this.#latest?.id === life.id) this.#signs.set(life.id, { at: now, counter: this.#latest.counter });
    // Where it was not refused it is back, as new.
    const farewell = this.#farewells.get(life.id);
    if (farewell !== undefined && !this.isRefused(life.id, now)) farewell.isOver = true;
    const current = this.#current.get(life.name);
    if (current !== undefined && isLater(life, current))
      this.#bidFarewell(current, current.leaveDelayMs, now);
    this.#current.set(life.name, life);
    this.#upAt.set(life.id, now);
  }

  /** Its tracker forgot this start, for its silence or as it is gone: should it be heard again, it is new. */
  forgot({ id, name }: IncarnationRecord): void {
    this.#signs.delete(id);
    this.#forgotten.add(id);
    if (this.#current.get(name)?.id === id) this.#current.delete(name);
  }

  #refusedUntil(id: string): number {
    return this.#farewells.get(id)?.refusedUntil ?? 0;
  }

  #meet(life: IncarnationRecord, now: number): void {
    const current = this.#current.get(life.name);
    if (current !== undefined && !isLater(life, current)) return;
    // A message of one that was forgotten may be late: while its name is taken, it takes no place.
    if (current !== undefined && this.#forgotten.has(life.id)) return;
    if (current !== undefined) this.#bidFarewell(current, current.leaveDelayMs, now);
    this.#current.set(life.name, life);
  }

  #bidFarewell(life: IncarnationRecord, lingerMs: number, now: number): void {
    if (this.isRefused(life.id, now)) return;
    this.#farewells.set(life.id, {
      goneAt: now + Math.min(lingerMs, this.#permdownPeriodMs),
      refusedUntil: now + this.#permdownPeriodMs,
      isOver: false,
    });
  }
}

/** Less than it takes to come back. */
const MOMENT_MS = 1;

function isLater(one: IncarnationRecord, other: IncarnationRecord): boolean {
  return one.startedAt === other.startedAt ? one.id > other.id : one.startedAt > other.startedAt;
}
