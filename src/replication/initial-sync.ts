import type { Member } from "./member.ts";
import type { Members } from "./members.ts";

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The time in which a new replica learns what its peers know. It ends when one of its own heartbeats has come back, one period
 * and the time that a heartbeat takes have passed since then, and it has caught up with every peer that was up at that moment.
 */
export class InitialSync {
  readonly #members: Members;
  readonly #periodMs: number;
  /** From when on `members` holds all live peers: each has answered the first heartbeat by then. */
  #membersKnownAt = NEVER;
  #awaitedMembers: readonly Member[] | undefined = undefined;
  #isComplete = false;

  constructor(members: Members, periodMs: number) {
    this.#members = members;
    this.#periodMs = periodMs;
  }

  get nextAt(): number {
    return this.#awaitedMembers === undefined ? this.#membersKnownAt : NEVER;
  }

  /** `subscribedForMs` is how long the heartbeat took at most. The answers of the peers may take as long. */
  ownHeartbeatReturned(now: number, subscribedForMs: number): void {
    if (this.#membersKnownAt === NEVER) this.#membersKnownAt = now + this.#periodMs + subscribedForMs;
  }

  /** Call this after every step. Returns true once, in the step that completes the initial sync. */
  completes(now: number): boolean {
    if (this.#isComplete || now < this.#membersKnownAt) return false;
    this.#awaitedMembers ??= this.#members.allUp();
    this.#isComplete = this.#awaitedMembers.every(
      (member) => member.isCaughtUp || this.#members.getUp(member.sender.id) !== member,
    );
    return this.#isComplete;
  }
}
