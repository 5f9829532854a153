import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startExample } from "./start-example.ts";
import { stopProcess } from "./stop-process.ts";

const main = fileURLToPath(new URL("../../examples/channel-counts/main.ts", import.meta.url));
const failing = fileURLToPath(new URL("failing-film-server.ts", import.meta.url));

/** The server of `examples/channel-counts`, in its own process. */
export interface FilmServerProcess {
  readonly url: string;
  kill(): void;
  /** Stops the server with SIGTERM, as a service manager does. Resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** A server whose `fetch` can be made to fail. */
export interface FailingFilmServer extends FilmServerProcess {
  /** Makes `fetch` fail. Every call fails from when the promise resolves until `heal`. */
  fail(): Promise<void>;
  heal(): Promise<void>;
  /** How many presences each failed `fetch` was given. */
  readonly failedSizes: readonly number[];
}

/** Starts the server on a free port, unless `args` has a `--port`. Resolves when it listens. */
export async function startFilmServer(...args: string[]): Promise<FilmServerProcess> {
  return (await start(main, args)).server;
}

export async function startFailingFilmServer(): Promise<FailingFilmServer> {
  const { child, server } = await start(failing, []);
  const failedSizes: number[] = [];
  child.on("message", (presences) => typeof presences === "number" && failedSizes.push(presences));
  const send = async (word: "fail" | "heal") => {
    const done = new Promise<void>((resolve) => {
      child.on("message", function onMessage(message) {
        if (message !== `${word} done`) return;
        child.off("message", onMessage);
        resolve();
      });
    });
    child.send(word);
    await done;
  };
  return { ...server, failedSizes, fail: () => send("fail"), heal: () => send("heal") };
}

async function start(
  script: string,
  args: string[],
): Promise<{ child: ChildProcess; server: FilmServerProcess }> {
  const { child, url } = await startExample(script, args);
  return { child, server: { url, kill: () => void child.kill("SIGKILL"), stop: () => stopProcess(child) } };
}
