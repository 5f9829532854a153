import { setImmediate as nextTurn } from "node:timers/promises";
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
   * No message of a pub/sub arrives before it returns. A tracker whose time moves on by more than 30 s this way is deaf meanwhile, not
   * even hears itself, and reports it as `NOT_HEARD`: use `advanceAsync` then.
   *
   * @throws {InvalidArgumentError} unless `ms` is a finite number of at least 0; it is a `TypeError`.
   * @example clock.advance(2_000); // two seconds, at once
   */
  advance(ms: number): void;
  /**
   * Like `advance`, but each moment at which a timer is due gets a turn of the event loop of its own: messages of `memoryPubSub`,
   * promises and `setImmediate` come in between, as they do in a running process.
   *
   * @throws {InvalidArgumentError} unless `ms` is a finite number of at least 0, as a rejection; it is a `TypeError`.
   * @example await clock.advanceAsync(3_600_000); // an hour, in which nodes hear each other
   */
  advanceAsync(ms: number): Promise<void>;
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
    async advanceAsync(ms) {
      assertDuration(ms);
      const end = queue.now + ms;
      for (await nextTurn(); queue.nextAt <= end; await nextTurn()) queue.advanceTo(queue.nextAt);
      queue.advanceTo(end);
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
