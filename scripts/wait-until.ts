import { setTimeout as pause } from "node:timers/promises";

/**
 * Waits for a condition. The long deadline only ends a wait that would never end.
 *
 * @throws {Error} with `what` as the expectation, after 45 s.
 */
export async function waitUntil(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
): Promise<void> {
  const deadline = performance.now() + 45_000;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      throw new Error(`timed out while waiting for ${typeof what === "string" ? what : what()}`);
    }
    await pause(20);
  }
}
