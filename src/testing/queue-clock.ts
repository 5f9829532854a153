import type { Clock } from "../time/clock.ts";
import type { EventQueue } from "./event-queue.ts";

/** Virtual time as a clock. */
export function queueClock(queue: EventQueue, wallNow: () => number): Clock {
  return {
    now: () => queue.now,
    wallNow,
    setTimer: (callback, delayMs) => {
      const event = queue.add(callback, delayMs);
      return () => event.cancel();
    },
  };
}
