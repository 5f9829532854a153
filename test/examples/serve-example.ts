import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";

/** A running example, started by the command on its page. */
export interface ServedExample {
  /** The address that the example printed, without its path. */
  readonly origin: string;
  /** Stops the example with SIGTERM, as a hosting platform does. Resolves to npm's exit code. */
  stop(): Promise<number | null>;
}

/** Starts `npm run example:NAME` on a free port. Resolves when it has printed its address. */
export async function serveExample(name: string, ...args: string[]): Promise<ServedExample> {
  const npm = spawn("npm", ["run", `example:${name}`, "--", ...args], {
    // As on a hosting platform. Under vitest NODE_ENV is "test".
    env: { ...process.env, PORT: "0", NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  npm.stdout.on("data", (text) => (output += text));
  const address = () => /^process (\d+): (\S+)$/m.exec(output);
  await waitUntil(() => address() !== null || npm.exitCode !== null, "the example to print its address");
  const [, pid, url] = address()!;
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
