import type { Member } from "./member.ts";
import type { Members } from "./members.ts";

const NEVER = Number.POSITIVE_INFINITY;

/**
 * Our first moments: until we have heard ourselves, a period has passed in which everybody greeted us, and we have all that
 * those who were up then first said they had.
 */
export class InitialSync {
  readonly #members: Members;
  readonly #periodMs: number;
  #greetedAt = NEVER;
  #awaited: readonly Member[] | undefined = undefined;
  #isOver = false;

  constructor(members: Members, periodMs: number) {
    this.#members = members;
    this.#periodMs = periodMs;
  }

  get nextAt(): number {
    return this.#awaited === undefined ? this.#greetedAt : NEVER;
  }

  heardOurselves(now: number): void {
    if (this.#greetedAt === NEVER) this.#greetedAt = now + this.#periodMs;
  }

  /** True once. */
  completes(now: number): boolean {
    if (this.#isOver || now < this.#greetedAt) return false;
    this.#awaited ??= this.#members.allUp();
    this.#isOver = this.#awaited.every(
      (member) => member.isCaughtUp || this.#members.up(member.sender.id) !== member,
    );
    return this.#isOver;
  }
}
