const MIN_INTERVAL_MS = 250;
const MIN_REST_FACTOR = 20;

/**
 * Returns a throttled `make`, which returns the last value for at least 250 ms. If `make` is slow, it rests 20
 * times as long as it ran, so it takes at most about a twentieth of the time.
 */
export function throttled<T>(make: () => T, now: () => number = () => performance.now()): () => T {
  let last: { readonly value: T; readonly until: number } | undefined;
  return () => {
    const startedAt = now();
    if (last === undefined || startedAt >= last.until) {
      const value = make();
      const endedAt = now();
      last = { value, until: endedAt + Math.max(MIN_INTERVAL_MS, MIN_REST_FACTOR * (endedAt - startedAt)) };
    }
    return last.value;
  };
}
