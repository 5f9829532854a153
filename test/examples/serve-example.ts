import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";

/** An example that runs, started as its page says. */
export interface ServedExample {
  /** Of the address that it told, without a path. */
  readonly origin: string;
  /** Ends it as a host would, and gives what npm exits with. */
  stop(): Promise<number | null>;
}

/** Starts `npm run example:NAME` on a free port, and waits until it tells its address. */
export async function serveExample(name: string, ...args: string[]): Promise<ServedExample> {
  const npm = spawn("npm", ["run", `example:${name}`, "--", ...args], {
    // As a host would: vitest says that it is a test.
    env: { ...process.env, PORT: "0", NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  npm.stdout.on("data", (text) => (output += text));
  const found = () => /^process (\d+): (\S+)$/m.exec(output);
  await waitUntil(() => found() !== null || npm.exitCode !== null, "its address to be told");
  const [, pid, url] = found()!;
  onTestFinished(() => void (npm.exitCode === null && process.kill(Number(pid), "SIGKILL")));
  return {
    origin: new URL(url!).origin,
    async stop() {
      const exited = once(npm, "exit");
      process.kill(Number(pid), "SIGTERM");
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
