/**
 * A source of time and timers. `rollcall/testing` has one that tests move by hand.
 *
 * @example
 * const tracker = await createTracker({ pubsub, clock: manualClock() });
 */
export interface Clock {
  /** Monotonic time in ms, from any origin. All delays are measured with it. */
  now(): number;
  /** Wall-clock time in ms since 1970. It only orders the incarnations of replicas with the same name. */
  wallNow(): number;
  /**
   * Calls `callback` once, in about `delayMs` ms. Returns a function that cancels the timer and may be called at any time. The
   * timer keeps the process alive only with `keepsAlive`.
   */
  setTimer(callback: () => void, delayMs: number, options?: { readonly keepsAlive?: boolean }): () => void;
}

/**
 * The clock of this process.
 *
 * @example
 * const cancel = systemClock.setTimer(() => console.log("a second later"), 1_000);
 */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (callback, delayMs, { keepsAlive = false } = {}) => {
    const timer = setTimeout(callback, delayMs);
    // In the jsdom environment of Jest, a timer is a number.
    if (!keepsAlive) timer.unref?.();
    return () => clearTimeout(timer);
  },
};
