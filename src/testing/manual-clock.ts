import { checkArgument } from "../checks/check-argument.ts";
import type { Clock } from "../time/clock.ts";
import { EventQueue } from "./event-queue.ts";
import { queueClock } from "./queue-clock.ts";

/**
 * A clock that is moved by hand.
 *
 * @example
 * const clock: ManualClock = manualClock();
 */
export interface ManualClock extends Clock {
  /**
   * Moves time on by `ms`, and calls back every timer that comes due on the way, each at its own time: in order of
   * time, and of setting where two are due at once. Timers that are set meanwhile are among them.
   *
   * @throws {InvalidArgumentError} when `ms` is no finite number of at least 0; it is a `TypeError`.
   * @example clock.advance(30_000); // half a minute, at once
   */
  advance(ms: number): void;
  /**
   * Lets the wall clock jump by `ms`, forward or back, as an administrator or a time server does. No timer notices.
   *
   * @throws {InvalidArgumentError} when `ms` is no finite number; it is a `TypeError`.
   * @example clock.jumpWall(-3_600_000); // an hour back
   */
  jumpWall(ms: number): void;
}

/** When virtual time begins by the wall clock: any fixed moment, so that no run differs from another. */
export const WALL_START_MS: number = Date.UTC(2026, 0, 1);

/**
 * Makes a clock whose time stands still until it is moved. It starts at 0 ms, on 1 January 2026.
 *
 * @example
 * const clock = manualClock();
 * const tracker = await createTracker({ pubsub: memoryPubSub(), clock });
 * clock.advance(30_000);
 */
export function manualClock(): ManualClock {
  const queue = new EventQueue();
  let wallOffsetMs = WALL_START_MS;
  return {
    ...queueClock(queue, () => queue.now + wallOffsetMs),
    advance: (ms) => {
      assertDuration(ms);
      queue.advance(ms);
    },
    jumpWall: (ms) => {
      assertJump(ms);
      wallOffsetMs += ms;
    },
  };
}

/** Refuses what time can't be moved on by. */
export function assertDuration(ms: number): void {
  checkArgument(
    "ms",
    ms,
    Number.isFinite(ms) && ms >= 0,
    "a finite number of at least 0",
    "Time only moves on.",
  );
}

/** Refuses what a wall clock can't jump by. */
export function assertJump(ms: number): void {
  checkArgument("ms", ms, Number.isFinite(ms), "a finite number", "Below 0 it jumps back.");
}
