import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { waitUntil } from "../wait-until.ts";

/** How to run a broker. Each start uses the same port and folder. */
export interface BrokerRecipe {
  readonly binary: string;
  readonly args: (port: number, folder: string) => readonly string[];
  /** Resolves if the broker accepts clients, and rejects if it does not yet. */
  readonly probe: (port: number) => Promise<unknown>;
  /** Prepares the folder before the first start. */
  readonly prepare?: (folder: string, port: number) => void;
  readonly spawnOptions?: SpawnOptions;
  /** The signal that shuts the broker down cleanly without waiting for its clients. */
  readonly stopSignal?: NodeJS.Signals;
}

/** A broker process that tests can stop, kill, freeze and reload. */
export class BrokerServer {
  readonly port: number;
  readonly #recipe: BrokerRecipe;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #log = "";

  /** Use `startBroker`. */
  constructor(recipe: BrokerRecipe, port: number) {
    this.#recipe = recipe;
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), "rollcall-broker-"));
    recipe.prepare?.(this.#folder, port);
  }

  /** The end of its output since it was started. */
  get log(): string {
    return this.#log;
  }

  /** Resolves once the broker accepts clients. It retries, because a broker may not start right after it was killed. */
  async start(): Promise<void> {
    const deadline = performance.now() + 60_000;
    this.#spawn();
    for (;;) {
      try {
        await this.#recipe.probe(this.port);
        return;
      } catch (error) {
        if (performance.now() > deadline)
          throw new Error(`${this.#recipe.binary} did not start within 60 s: ${error}\n${this.#log}`);
        if (this.#process!.exitCode !== null) this.#spawn();
        await pause(30);
      }
    }
  }

  stop(): Promise<void> {
    return this.#end(this.#recipe.stopSignal ?? "SIGTERM");
  }

  /** Kills the broker, as the kernel does when memory runs out. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Reloads the configuration while connections stay open. Resolves once the log contains `message`. */
  async reload(message: string): Promise<void> {
    this.#log = "";
    this.#process!.kill("SIGHUP");
    await waitUntil(() => this.#log.includes(message), message);
  }

  /** Pauses the broker. Its connections stay open but it does not answer. */
  freeze(): void {
    const pid = this.#process!.pid!;
    // The parent first, so that it starts no more children.
    signal(pid, "SIGSTOP");
    for (const child of childrenOf(pid)) signal(child, "SIGSTOP");
    // `kill` returns before the signal takes effect: a thread on another core may still answer.
    while (!isStopped(pid));
  }

  thaw(): void {
    const pid = this.#process!.pid!;
    for (const each of [...childrenOf(pid), pid]) signal(each, "SIGCONT");
  }

  /** Ends the broker in any state, and deletes its folder. */
  async remove(): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) {
      const children = childrenOf(this.#process.pid!);
      await this.kill();
      for (const pid of children) signal(pid, "SIGKILL");
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  #spawn(): void {
    const { binary, args, spawnOptions } = this.#recipe;
    this.#log = "";
    const started = spawn(binary, args(this.port, this.#folder), {
      cwd: this.#folder,
      ...spawnOptions,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const output of [started.stdout, started.stderr]) {
      output!.on("data", (chunk: Buffer) => {
        this.#log = (this.#log + chunk).slice(-4_000);
      });
    }
    this.#process = started;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const ending = this.#process!;
    if (ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, "exit");
    ending.kill(signal);
    await exited;
  }
}

export async function startBroker(recipe: BrokerRecipe): Promise<BrokerServer> {
  const server = new BrokerServer(recipe, await freePort());
  await server.start();
  return server;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Sends a signal. Does nothing if the process has exited. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // The process has exited.
  }
}

/** The child processes: PostgreSQL has one per connection. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        // State and parent follow the name, which is in parentheses and may contain anything.
        return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ")[1]) === parent;
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Whether every thread of the process is stopped or has exited. Without /proc it assumes so. */
function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return true;
  try {
    return readdirSync(tasks).every((task) => / [TtZX] /.test(readFileSync(`${tasks}/${task}/stat`, "utf8")));
  } catch {
    // A thread exited in the meantime.
    return false;
  }
}
