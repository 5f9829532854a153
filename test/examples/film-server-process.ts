import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startExample } from "./start-example.ts";
import { stopProcess } from "./stop-process.ts";

const main = fileURLToPath(new URL("../../examples/channel-counts/main.ts", import.meta.url));
const failing = fileURLToPath(new URL("failing-cinema.ts", import.meta.url));

/** The films of `examples/channel-counts`, shown by a process of its own. */
export interface FilmServerProcess {
  readonly url: string;
  kill(): void;
  /** As a service manager does. Resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** One whose `fetch` fails when it is told to. */
export interface FailingFilmServer extends FilmServerProcess {
  /** From when it resolves on every `fetch` fails. */
  fail(): Promise<void>;
  heal(): Promise<void>;
  /** Of each `fetch` that failed, how many presences it was given. */
  readonly failed: readonly number[];
}

/** Starts it on a free port, unless `args` say otherwise; resolves when it listens. */
export async function startFilmServer(...args: string[]): Promise<FilmServerProcess> {
  return (await start(main, args)).cinema;
}

export async function startFailingFilmServer(): Promise<FailingFilmServer> {
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

async function start(
  script: string,
  args: string[],
): Promise<{ child: ChildProcess; cinema: FilmServerProcess }> {
  const { child, url } = await startExample(script, args);
  return { child, cinema: { url, kill: () => void child.kill("SIGKILL"), stop: () => stopProcess(child) } };
}
