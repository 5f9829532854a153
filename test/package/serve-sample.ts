import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { bundleCode } from "../support/bundle.ts";

/** A server of a sample in the guide, in a process of its own. */
export interface ServedSample {
  readonly address: string;
  readonly exitCode: number | null;
  /** Sends SIGTERM, and returns the exit code. */
  terminate(): Promise<number | null>;
  /** Kills the process and removes its program. */
  remove(): void;
}

/** Starts a server whose first line of output is its port. */
export async function serveSample(program: string, env: NodeJS.ProcessEnv = {}): Promise<ServedSample> {
  const bundle = await bundleCode(program);
  const server = spawn(process.execPath, [bundle.path], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await once(createInterface(server.stdout!), "line");
  return {
    address: `http://localhost:${port}`,
    get exitCode() {
      return server.exitCode;
    },
    async terminate() {
      const exited = once(server, "exit");
      server.kill("SIGTERM");
      const [code] = (await exited) as [number | null];
      return code;
    },
    remove() {
      server.kill("SIGKILL");
      bundle.remove();
    },
  };
}
