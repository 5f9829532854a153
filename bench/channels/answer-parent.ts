import { readFileSync } from "node:fs";
import type { ServerAnswer, ServerRequest } from "./server-messages.ts";

/** Tells the process that started this one where it listens, and what it took whenever it is asked. */
export function answerParent(port: number): void {
  let before = process.cpuUsage();
  process.on("message", ({ ask }: ServerRequest) => {
    if (ask !== "usage") return;
    const cpuMs = cpuMsSince(before);
    before = process.cpuUsage();
    tell({ cpuMs, memoryBytes: peakBytes() });
  });
  // Who asks may fail, as where answers differ.
  process.once("disconnect", () => process.exit());
  tell({ port });
}

/**
 * By the kernel, of what runs now. `maxRSS` would say how large the process was that started this one, where that was larger:
 * between fork and exec it was this one.
 */
function peakBytes(): number {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))!;
  return Number(kilobytes) * 1_024;
}

/** Of user and system, by this process. */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function tell(what: ServerAnswer): void {
  process.send!(what);
}
