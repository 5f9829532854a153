import { type ChildProcess, spawn } from "node:child_process";
import { waitUntil } from "../../scripts/wait-until.ts";

/** Starts an example in its own process, on a free port unless `args` has a `--port`. Resolves when it listens. */
export async function startExample(
  script: string,
  args: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const child = spawn(process.execPath, ["--import", "tsx", script, ...port, ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Under vitest NODE_ENV is "test", and Vite would build for development.
    env: { ...process.env, NODE_ENV: "production" },
  });
  // Also when the tests are aborted.
  const endWithTests = () => void child.kill("SIGTERM");
  process.once("exit", endWithTests);
  child.once("exit", () => process.off("exit", endWithTests));
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
