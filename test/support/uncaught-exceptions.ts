import { setImmediate as nextTurn } from "node:timers/promises";

/** What becomes an uncaught exception while something is done, and in the turn after; the test runner hears nothing of it. */
export async function uncaughtExceptionsDuring(act: () => Promise<void>): Promise<unknown[]> {
  const errors: unknown[] = [];
  const runners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => errors.push(error));
  try {
    await act();
    await nextTurn();
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of runners) process.on("uncaughtException", listener);
  }
  return errors;
}
