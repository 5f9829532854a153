import type { MessageHeader } from "../message-header.ts";
import type { IncarnationRecord } from "./ledger.ts";

interface SignOfLife {
  readonly at: number;
  readonly counter: number;
}

interface Departure {
  /** When its presences must be gone. */
  readonly goneAt: number;
  /** Until when the node refuses messages of this incarnation. */
  readonly refusedUntil: number;
  /** Whether the incarnation has come back as a new member. */
  isOver: boolean;
}

/** The messages that one process has received, by replica and time. The checks derive from it what the process may show. */
export class KnownReplicas {
  readonly #permdownPeriodMs: number;
  readonly #signsOfLife = new Map<string, SignOfLife>();
  #latest: { readonly id: string; readonly counter: number } | undefined = undefined;
  readonly #incarnationsByName = new Map<string, IncarnationRecord>();
  readonly #forgotten = new Set<string>();
  readonly #upAt = new Map<string, number>();
  readonly #departures = new Map<string, Departure>();

  constructor(permdownPeriodMs: number) {
    this.#permdownPeriodMs = permdownPeriodMs;
  }

  messageArrived({ kind, counter }: MessageHeader, incarnation: IncarnationRecord, now: number): void {
    const { id } = incarnation;
    this.#latest = { id, counter };
    if (kind === "leaving") {
      this.#recordDeparture(incarnation, incarnation.leaveAfterMs, now);
    } else if (!this.isRefused(id, now)) {
      // A refused message is not a sign of life.
      const sign = this.#signsOfLife.get(id);
      if (sign === undefined || counter > sign.counter) this.#signsOfLife.set(id, { at: now, counter });
      this.#recordName(incarnation, now);
    }
  }

  /** When the process last received a sign of life from an incarnation. */
  lastSignOfLife(id: string): number | undefined {
    return this.#signsOfLife.get(id)?.at;
  }

  /** When the presences of an incarnation must be gone, if it announced that it leaves or a later incarnation replaced it. */
  goneAt(id: string, now: number): number | undefined {
    const departure = this.#departures.get(id);
    // It may come back as a new member, but only after its lingering presences are gone.
    if (departure === undefined || departure.isOver || now >= departure.refusedUntil + MOMENT_MS)
      return undefined;
    return departure.goneAt;
  }

  /** Whether the process refuses the messages of an incarnation at this time. */
  isRefused(id: string, now: number): boolean {
    return now < this.#refusedUntil(id);
  }

  /**
   * From when on the process accepts messages of an incarnation. `Infinity` while a later incarnation has its name, or, if
   * the process has forgotten the incarnation, while any other incarnation has its name.
   */
  acceptedFrom(incarnation: IncarnationRecord): number {
    const { id, name } = incarnation;
    const current = this.#incarnationsByName.get(name);
    const isTaken = current !== undefined && current.id !== id;
    if (isTaken && (isLater(current, incarnation) || this.#forgotten.has(id)))
      return Number.POSITIVE_INFINITY;
    return Math.max(this.#refusedUntil(id), this.#upAt.get(id) ?? 0);
  }

  /**
   * The tracker reported an incarnation as up. It may be earlier than the one that had the name, if that one was silent for
   * too long.
   */
  cameUp(incarnation: IncarnationRecord, now: number): void {
    const { id, name } = incarnation;
    // The last message made it come up, even if one with a higher counter arrived while it was refused.
    if (this.#latest?.id === id) this.#signsOfLife.set(id, { at: now, counter: this.#latest.counter });
    // If it was not refused, it came back as a new member.
    const departure = this.#departures.get(id);
    if (departure !== undefined && !this.isRefused(id, now)) departure.isOver = true;
    const current = this.#incarnationsByName.get(name);
    if (current !== undefined && isLater(incarnation, current))
      this.#recordDeparture(current, current.leaveDelayMs, now);
    this.#incarnationsByName.set(name, incarnation);
    this.#upAt.set(id, now);
  }

  /** The tracker forgot an incarnation, which was silent or gone. Its next message makes it a new member. */
  forgot({ id, name }: IncarnationRecord): void {
    this.#signsOfLife.delete(id);
    this.#forgotten.add(id);
    if (this.#incarnationsByName.get(name)?.id === id) this.#incarnationsByName.delete(name);
  }

  #refusedUntil(id: string): number {
    return this.#departures.get(id)?.refusedUntil ?? 0;
  }

  #recordName(incarnation: IncarnationRecord, now: number): void {
    const current = this.#incarnationsByName.get(incarnation.name);
    if (current !== undefined && !isLater(incarnation, current)) return;
    // A message of a forgotten incarnation may be late: it does not take a name that is in use.
    if (current !== undefined && this.#forgotten.has(incarnation.id)) return;
    if (current !== undefined) this.#recordDeparture(current, current.leaveDelayMs, now);
    this.#incarnationsByName.set(incarnation.name, incarnation);
  }

  #recordDeparture(incarnation: IncarnationRecord, lingerMs: number, now: number): void {
    if (this.isRefused(incarnation.id, now)) return;
    this.#departures.set(incarnation.id, {
      goneAt: now + Math.min(lingerMs, this.#permdownPeriodMs),
      refusedUntil: now + this.#permdownPeriodMs,
      isOver: false,
    });
  }
}

/** Shorter than the time that an incarnation needs to come back. */
const MOMENT_MS = 1;

function isLater(one: IncarnationRecord, other: IncarnationRecord): boolean {
  return one.startedAt === other.startedAt ? one.id > other.id : one.startedAt > other.startedAt;
}
