import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { DriverName } from "../../../scripts/brokers/drivers.ts";
import { NodeLog } from "../../cluster/node-log.ts";
import { bundle } from "../../support/bundle.ts";
import type { NodeCommand, NodeStartOptions, ShownNumbers } from "./presence-node.ts";
import type { NodeDiff } from "./report-events.ts";

/** A process that runs a presence over a broker. It can be controlled, frozen and killed, and logs its events. */
export class NodeProcess {
  readonly name: string;
  readonly log: NodeLog = new NodeLog();
  readonly #process: ChildProcess;
  #showRequests = 0;

  constructor(name: string, program: string, onDiff: (diff: NodeDiff) => void = () => {}) {
    this.name = name;
    this.#process = fork(program, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
    this.#process.on("message", (entry: Record<string, unknown>) => {
      this.log.write(entry);
      if ("changes" in entry) onDiff(entry as object as NodeDiff);
    });
    // Sending to a dead process emits an error.
    this.#process.on("error", () => {});
  }

  /** Rejects if the process exits, which it does when the broker is away. */
  async start(driver: DriverName, port: number, options: NodeStartOptions = {}): Promise<void> {
    await this.log.until(() => this.log.has("listening"), `${this.name} to listen`);
    this.#send({ start: { driver, port, replicaName: this.name, ...options } });
    await this.log.until(
      () => this.log.has("started") || this.#process.exitCode !== null,
      `${this.name} to start`,
    );
    if (!this.log.has("started")) throw new Error(`${this.name} exited while it started`);
  }

  /** The id of its replica, once it has started. */
  get id(): string {
    return this.#startedEntry("id") as string;
  }

  /** The port to which visitors connect. */
  get visitorPort(): number {
    return this.#startedEntry("visitorPort") as number;
  }

  track(key: string, topic = "lobby", owner: string = `${topic} ${key}`): void {
    this.#send({ track: { owner, topic, key } });
  }

  untrack(key: string, topic = "lobby"): void {
    this.#send({ untrack: `${topic} ${key}` });
  }

  end(owner: string): void {
    this.#send({ end: owner });
  }

  /** The numbers that the node shows, and what it hears. */
  async show(): Promise<ShownNumbers> {
    this.#showRequests += 1;
    const request = this.#showRequests;
    const answer = () => this.log.entries.findLast(({ shown }) => shown === request);
    this.#send({ show: request });
    await this.log.until(() => answer() !== undefined, `the numbers of ${this.name}`);
    return answer() as object as ShownNumbers;
  }

  /** From now on, its diffs name the replicas that were silent since. */
  forgetSilence(): void {
    this.#send({ forgetSilence: true });
  }

  freeze(): void {
    this.#process.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process.kill("SIGCONT");
  }

  /** Kills the process. The kernel closes its sockets, without any message to the cluster. */
  kill(): Promise<void> {
    return this.#exit(() => this.#process.kill("SIGKILL"));
  }

  /** Shuts the process down cleanly. */
  close(): Promise<void> {
    return this.#exit(() => this.#send({ close: true }));
  }

  #startedEntry(name: string): unknown {
    return this.log.entries.find(({ started }) => started === true)![name];
  }

  #send(command: NodeCommand): void {
    this.#process.send(command, () => {});
  }

  async #exit(act: () => void): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    act();
    await exited;
  }
}

/** Bundles the program of the node processes. Remove the bundle after use. */
export function bundleNode(): ReturnType<typeof bundle> {
  return bundle(new URL("./presence-node.ts", import.meta.url));
}
