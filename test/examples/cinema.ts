import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { stop } from "./stop.ts";
import { until } from "./until.ts";

const main = fileURLToPath(new URL("../../examples/channel-counts/main.ts", import.meta.url));
const failing = fileURLToPath(new URL("failing-cinema.ts", import.meta.url));

/** The films of `examples/channel-counts`, shown by a process of its own. */
export interface Cinema {
  readonly url: string;
  kill(): void;
  /** As a service manager does. Resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** One whose `fetch` fails when it is told to. */
export interface FailingCinema extends Cinema {
  /** From when it resolves on every `fetch` fails. */
  fail(): Promise<void>;
  heal(): Promise<void>;
  /** Of each `fetch` that failed, how many presences it was given. */
  readonly failed: readonly number[];
}

/** Starts it on a free port, unless `args` say otherwise; resolves when it listens. */
export async function startCinema(...args: string[]): Promise<Cinema> {
  return (await start(main, args)).cinema;
}

export async function startFailingCinema(): Promise<FailingCinema> {
  const { child, cinema } = await start(failing, []);
  const failed: number[] = [];
  child.on("message", (presences) => typeof presences === "number" && failed.push(presences));
  const tell = async (word: "fail" | "heal") => {
    const done = new Promise<void>((resolve) => {
      child.on("message", function hear(message) {
        if (message !== `${word} done`) return;
        child.off("message", hear);
        resolve();
      });
    });
    child.send(word);
    await done;
  };
  return { ...cinema, failed, fail: () => tell("fail"), heal: () => tell("heal") };
}

async function start(script: string, args: string[]): Promise<{ child: ChildProcess; cinema: Cinema }> {
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
  await until(
    () => url() !== undefined || child.exitCode !== null,
    () => `the cinema to listen: ${output}`,
  );
  if (url() === undefined) throw new Error(`the cinema did not start: ${output}`);
  return {
    child,
    cinema: { url: url()!, kill: () => void child.kill("SIGKILL"), stop: () => stop(child) },
  };
}
