import { type ChildProcess, spawn } from "node:child_process";
import { waitUntil } from "../../../scripts/wait-until.ts";

/** Starts an example in its own process, on a free port. Resolves when it listens. */
export async function startTarget(
  script: string,
): Promise<{ readonly child: ChildProcess; readonly port: number; output(): string }> {
  const child = spawn(process.execPath, ["--import", "tsx", script, "--port", "0"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PORT: "0", NODE_ENV: "production" },
  });
  process.once("exit", () => child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  const port = () => /process \d+: \S+:(\d+)/.exec(output)?.[1];
  const hasStarted = () => port() !== undefined || child.exitCode !== null;
  await waitUntil(hasStarted, () => `${script} to listen: ${output}`);
  if (port() === undefined) throw new Error(`it did not start: ${output}`);
  return { child, port: Number(port()), output: () => output };
}
