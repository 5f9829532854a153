import { setImmediate as nextTurn } from "node:timers/promises";

/** The uncaught exceptions during `act` and the following turn of the event loop. The test runner does not see them. */
export async function uncaughtExceptionsDuring(act: () => Promise<void>): Promise<unknown[]> {
  const errors: unknown[] = [];
  const runnerListeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => errors.push(error));
  try {
    await act();
    await nextTurn();
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of runnerListeners) process.on("uncaughtException", listener);
  }
  return errors;
}
