import type { Clock } from "../time/clock.ts";

/** The shortest time between two steps, in ms. */
const STEP_MS = 50;

/**
 * Does something with these, a part of them at a time, evenly over a time: with all at once where there is none. What is
 * gone meanwhile is among them all the same.
 */
export async function drain<T>(
  all: readonly T[],
  { clock, overMs }: { readonly clock: Clock; readonly overMs: number },
  act: (some: readonly T[]) => void,
): Promise<void> {
  const steps = Math.max(1, Math.min(all.length, Math.floor(overMs / STEP_MS)));
  for (let step = 0; step < steps; step++) {
    const [from, to] = [step, step + 1].map((number) => Math.round((all.length * number) / steps));
    if (step > 0) await pause(clock, overMs / steps);
    act(all.slice(from, to));
  }
}

/** Keeps the process alive: it would be cut off in the middle otherwise. */
function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(resolve, delayMs, { keepsAlive: true }));
}
