/**
 * Where a tracker gets its time from, and who wakes it. `rollcall/testing` has one that is moved by hand.
 *
 * @example
 * const tracker = await createTracker({ pubsub, clock: manualClock() });
 */
export interface Clock {
  /** Monotonic ms since any moment: what all waiting is measured by. It never jumps. */
  now(): number;
  /** Wall-clock ms since 1970: only orders the starts of replicas of one name. */
  wallNow(): number;
  /**
   * Calls back once, about `delayMs` ms from now. Returns what cancels it, harmless afterwards. The process is kept
   * alive for it only where the caller says so.
   */
  setTimer(callback: () => void, delayMs: number, options?: { readonly keepsAlive?: boolean }): () => void;
}

/**
 * The time of this process.
 *
 * @example
 * const cancel = systemClock.setTimer(() => console.log("a second later"), 1_000);
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (callback, delayMs, { keepsAlive = false } = {}) => {
    const timer = setTimeout(callback, delayMs);
    if (!keepsAlive) timer.unref();
    return () => clearTimeout(timer);
  },
};
