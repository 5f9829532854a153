import { type ChildProcess, spawn } from "node:child_process";
import { waitUntil } from "../../scripts/wait-until.ts";

/** Starts an example on a free port, unless `args` say otherwise, in a process of its own. Resolves when it listens. */
export async function startExample(
  script: string,
  args: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const child = spawn(process.execPath, ["--import", "tsx", script, ...port, ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Of vitest it has "test", with which Vite builds for development.
    env: { ...process.env, NODE_ENV: "production" },
  });
  // Whatever ends the tests.
  const end = () => void child.kill("SIGTERM");
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
  let output = "";
  child.stdout!.on("data", (text) => (output += text));
  child.stderr!.on("data", (text) => (output += text));
  const url = () => /^process \d+: (\S+)$/m.exec(output)?.[1];
  await waitUntil(
    () => url() !== undefined || child.exitCode !== null,
    () => `the example to listen: ${output}`,
  );
  if (url() === undefined) throw new Error(`the example did not start: ${output}`);
  return { child, url: url()! };
}
