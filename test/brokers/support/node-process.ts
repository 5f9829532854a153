import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { DriverName } from "../../../scripts/brokers/drivers.ts";
import { NodeLog } from "../../cluster/node-log.ts";
import { bundle } from "../../support/bundle.ts";
import type { NodeCommand, NodeStartOptions } from "./presence-node.ts";

/** A process with a presence over a broker, its diary, and ways to hurt it. */
export class NodeProcess {
  readonly name: string;
  readonly diary: NodeLog = new NodeLog();
  readonly #process: ChildProcess;
  #asked = 0;

  constructor(name: string, program: string) {
    this.name = name;
    this.#process = fork(program, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
    this.#process.on("message", (entry) => this.diary.write(entry as Record<string, unknown>));
    // It may be dead when it is told something.
    this.#process.on("error", () => {});
  }

  /** Rejects when it ends instead, as it does where the broker is away. */
  async start(driver: DriverName, port: number, options: NodeStartOptions = {}): Promise<void> {
    await this.diary.until(() => this.diary.has("listening"), `${this.name} to listen`);
    this.#tell({ start: { driver, port, replicaName: this.name, ...options } });
    await this.diary.until(
      () => this.diary.has("started") || this.#process.exitCode !== null,
      `${this.name} to start`,
    );
    if (!this.diary.has("started")) throw new Error(`${this.name} ended while it started`);
  }

  /** The id of its replica, once it has started. */
  get id(): string {
    return this.#startedWith("id") as string;
  }

  /** The port by which visitors come in. */
  get visitorPort(): number {
    return this.#startedWith("door") as number;
  }

  track(key: string, topic = "lobby", owner: string = `${topic} ${key}`): void {
    this.#tell({ track: { owner, topic, key } });
  }

  untrack(key: string, topic = "lobby"): void {
    this.#tell({ untrack: `${topic} ${key}` });
  }

  end(key: string, topic = "lobby"): void {
    this.#tell({ end: `${topic} ${key}` });
  }

  /** All that it lists: `topic key`, in order. */
  async list(): Promise<readonly string[]> {
    this.#asked += 1;
    const answer = () => this.diary.entries.findLast(({ listed }) => listed === this.#asked);
    this.#tell({ list: this.#asked });
    await this.diary.until(() => answer() !== undefined, `${this.name} to tell its list`);
    return answer()!["keys"] as string[];
  }

  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process.kill("SIGCONT");
  }

  /** Its sockets are closed by the kernel, and nobody is told. */
  kill(): Promise<void> {
    return this.#exit(() => this.#process.kill("SIGKILL"));
  }

  /** It leaves in good order. */
  close(): Promise<void> {
    return this.#exit(() => this.#tell({ close: true }));
  }

  #startedWith(name: string): unknown {
    return this.diary.entries.find(({ started }) => started === true)![name];
  }

  #tell(order: NodeCommand): void {
    this.#process.send(order, () => {});
  }

  async #exit(act: () => void): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    act();
    await exited;
  }
}

/** What the processes run, for as long as it is needed. */
export function bundleNode(): ReturnType<typeof bundle> {
  return bundle(new URL("./presence-node.ts", import.meta.url));
}
