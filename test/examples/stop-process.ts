import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** Stops a process with SIGTERM, unless it has exited. Resolves to the exit code. */
export async function stopProcess(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  }
  return child.exitCode;
}
