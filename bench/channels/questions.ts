import type { FromRoom, ToRoom } from "./protocol.ts";

/** Tells the process that started this one where it listens, and what it took whenever it is asked. */
export function answerQuestions(port: number): void {
  let before = process.cpuUsage();
  process.on("message", ({ ask }: ToRoom) => {
    if (ask !== "usage") return;
    const cpuMs = cpuMsSince(before);
    before = process.cpuUsage();
    tell({ cpuMs, memoryBytes: process.resourceUsage().maxRSS * 1_024 });
  });
  tell({ port });
}

/** Of user and system, by this process. */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function tell(what: FromRoom): void {
  process.send!(what);
}
