import { readFileSync } from "node:fs";
import type { ServerAnswer, ServerRequest } from "./server-messages.ts";

/** Sends the port of this server to the parent process, and answers its requests for CPU and memory. */
export function answerParent(port: number): void {
  let before = process.cpuUsage();
  process.on("message", ({ ask }: ServerRequest) => {
    if (ask !== "usage") return;
    const cpuMs = cpuMsSince(before);
    before = process.cpuUsage();
    send({ cpuMs, memoryBytes: peakBytes() });
  });
  // The parent may have failed.
  process.once("disconnect", () => process.exit());
  send({ port });
}

/**
 * The peak of this program, from the kernel. `maxRSS` may report the size of the parent instead, because between fork
 * and exec this process was a copy of it.
 */
function peakBytes(): number {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))!;
  return Number(kilobytes) * 1_024;
}

/** CPU time of this process since `before`, user and system. */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function send(answer: ServerAnswer): void {
  process.send!(answer);
}
