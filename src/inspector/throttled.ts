const LEAST_MS = 250;
const LEAST_REST = 20;

/**
 * Makes something anew when it is asked for, but not more often than every 250 ms, and never for more than a twentieth of the
 * time, however many ask and however long it takes.
 */
export function throttled<T>(make: () => T, now: () => number = () => performance.now()): () => T {
  let made: { readonly value: T; readonly until: number } | undefined;
  return () => {
    const began = now();
    if (made === undefined || began >= made.until) {
      const value = make();
      const ended = now();
      made = { value, until: ended + Math.max(LEAST_MS, LEAST_REST * (ended - began)) };
    }
    return made.value;
  };
}
