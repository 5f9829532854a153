import { setTimeout as pause } from "node:timers/promises";

/** Acts when each is due, in ms from now; what is late at once. They are in order. */
export async function paced(dueMs: readonly number[], act: (at: number) => void): Promise<void> {
  const start = performance.now();
  for (let next = 0; next < dueMs.length; ) {
    const waitMs = dueMs[next]! - (performance.now() - start);
    if (waitMs > 0) await pause(waitMs);
    else act(next++);
  }
}
