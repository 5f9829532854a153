import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { waitUntil } from "../wait-until.ts";

/** How a broker is run: the same way each time, on the same port and in the same folder. */
export interface BrokerRecipe {
  readonly binary: string;
  readonly args: (port: number, folder: string) => readonly string[];
  /** Resolves when it serves, and rejects when it does not yet. */
  readonly probe: (port: number) => Promise<unknown>;
  /** Once, before the first start. */
  readonly prepare?: (folder: string) => void;
  readonly spawnOptions?: SpawnOptions;
  /** What tells it to end in good order, and to wait for nobody. */
  readonly stopSignal?: NodeJS.Signals;
}

/** A private broker, which can be hurt in every way a real one is. */
export class BrokerServer {
  readonly port: number;
  readonly #recipe: BrokerRecipe;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #said = "";

  /** Use `startBroker`. */
  constructor(recipe: BrokerRecipe, port: number) {
    this.#recipe = recipe;
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), "rollcall-broker-"));
    recipe.prepare?.(this.#folder);
  }

  /** The end of what it wrote to its log since it was started. */
  get log(): string {
    return this.#said;
  }

  /** Resolves when it serves. One that was killed may need a moment until it can start again. */
  async start(): Promise<void> {
    const deadline = performance.now() + 60_000;
    this.#spawn();
    for (;;) {
      try {
        await this.#recipe.probe(this.port);
        return;
      } catch (error) {
        if (performance.now() > deadline)
          throw new Error(`${this.#recipe.binary} does not serve: ${error}\n${this.#said}`);
        if (this.#process!.exitCode !== null) this.#spawn();
        await pause(30);
      }
    }
  }

  stop(): Promise<void> {
    return this.#end(this.#recipe.stopSignal ?? "SIGTERM");
  }

  /** As the kernel does it to one that takes too much memory. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** It reads its configuration anew, its connections stay open. Resolves when it says that it has. */
  async reload(answer: string): Promise<void> {
    this.#said = "";
    this.#process!.kill("SIGHUP");
    await waitUntil(() => this.#said.includes(answer), answer);
  }

  /** Its connections stay open, and nothing comes of them. */
  freeze(): void {
    const pid = this.#process!.pid!;
    // The parent first, so that it starts no more of them.
    signal(pid, "SIGSTOP");
    for (const child of childrenOf(pid)) signal(child, "SIGSTOP");
    // The signal is on its way when `kill` returns: a thread of the broker on another core may still answer.
    while (!standsStill(pid));
  }

  thaw(): void {
    const pid = this.#process!.pid!;
    for (const each of [...childrenOf(pid), pid]) signal(each, "SIGCONT");
  }

  /** Ends it in any state, and leaves nothing behind. */
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
    this.#said = "";
    const started = spawn(binary, args(this.port, this.#folder), {
      cwd: this.#folder,
      ...spawnOptions,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const output of [started.stdout, started.stderr]) {
      output!.on("data", (chunk: Buffer) => {
        this.#said = (this.#said + chunk).slice(-4_000);
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Harmless to a child that has just ended. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

/** PostgreSQL has a process a connection. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        // After the name, which may hold anything: state and parent.
        return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ")[1]) === parent;
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Whether each of its threads is stopped, or gone. Where there is no /proc nobody can tell. */
function standsStill(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return true;
  try {
    return readdirSync(tasks).every((task) => / [TtZX] /.test(readFileSync(`${tasks}/${task}/stat`, "utf8")));
  } catch {
    // One ended while it was looked at.
    return false;
  }
}
