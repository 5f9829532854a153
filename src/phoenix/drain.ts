import type { Clock } from "../time/clock.ts";

/** The shortest time between two steps, in ms. */
const MIN_STEP_MS = 50;

/**
 * Handles the items of a list, spread evenly over `overMs`: a part of the list at each step. If `overMs` is 0, it handles all items at
 * once.
 */
export async function drain<T>(
  all: readonly T[],
  { clock, overMs }: { readonly clock: Clock; readonly overMs: number },
  handle: (part: readonly T[]) => void,
): Promise<void> {
  const steps = Math.max(1, Math.min(all.length, Math.floor(overMs / MIN_STEP_MS)));
  for (let step = 0; step < steps; step++) {
    const [from, to] = [step, step + 1].map((number) => Math.round((all.length * number) / steps));
    if (step > 0) await pause(clock, overMs / steps);
    handle(all.slice(from, to));
  }
}

/** Keeps the process alive, so that it does not exit before the list is handled. */
function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(resolve, delayMs, { keepsAlive: true }));
}
