import { checkArgument } from "../checks/check-argument.ts";
import type { Clock } from "../time/clock.ts";
import { EventQueue, queueClock } from "./event-queue.ts";

/**
 * A clock that only moves when the test moves it.
 *
 * @example
 * const clock: ManualClock = manualClock();
 */
export interface ManualClock extends Clock {
  /**
   * Moves time on by `ms` and runs every timer that comes due on the way, each at its own time. Timers that are due at
   * the same time run in the order in which they were set. Timers that a callback sets run too, if they come due.
   *
   * @throws {InvalidArgumentError} unless `ms` is a finite number of at least 0; it is a `TypeError`.
   * @example clock.advance(30_000); // half a minute, at once
   */
  advance(ms: number): void;
  /**
   * Sets the wall clock forward or back by `ms`, as an administrator or a time server does. Timers are not affected.
   *
   * @throws {InvalidArgumentError} unless `ms` is a finite number; it is a `TypeError`.
   * @example clock.jumpWall(-3_600_000); // an hour back
   */
  jumpWall(ms: number): void;
}

/** The wall clock time at which virtual time starts. It is fixed, so that every run is the same. */
export const WALL_START_MS: number = Date.UTC(2026, 0, 1);

/**
 * Makes a clock that stands still until `advance` moves it. It starts at 0 ms; its wall clock shows 1 January 2026, UTC.
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

/** @throws {InvalidArgumentError} unless time can move on by `ms`. */
export function assertDuration(ms: number): void {
  checkArgument(
    "ms",
    ms,
    Number.isFinite(ms) && ms >= 0,
    "a finite number of at least 0",
    "Time only moves forward.",
  );
}

/** @throws {InvalidArgumentError} unless a wall clock can jump by `ms`. */
export function assertJump(ms: number): void {
  checkArgument("ms", ms, Number.isFinite(ms), "a finite number", "A negative number sets the clock back.");
}
