import cluster from "node:cluster";
import { once } from "node:events";
import { Worker as Thread } from "node:worker_threads";
import type { LatencyRequest } from "./latency-node.ts";
import type { TransportName } from "./transports.ts";

/** A node in another process, or, where the medium is one between threads, in another thread. */
export class LatencyNodeProcess {
  readonly #send: (order: LatencyRequest) => void;
  readonly end: () => Promise<unknown>;
  #answered: (answer: unknown) => void = () => {};
  #failed: (error: Error) => void = () => {};

  /** Use `LatencyNodeProcess.start`. */
  private constructor(medium: TransportName, port: number) {
    const args = ["node", medium, `${port}`];
    const [program] = process.argv.slice(1) as [string];
    if (medium === "broadcastChannel") {
      const thread = new Thread(program, { argv: args });
      this.#send = (order) => thread.postMessage({ order });
      this.end = () => thread.terminate();
      thread.on("message", this.#hear);
      thread.on("error", (error) => this.#failed(error as Error));
    } else {
      cluster.setupPrimary({ exec: program, args, execArgv: [] });
      const worker = cluster.fork();
      this.#send = (order) => worker.send({ order });
      this.end = async () => {
        if (worker.isDead()) return;
        const exited = once(worker, "exit");
        worker.process.kill("SIGKILL");
        await exited;
      };
      worker.on("message", this.#hear);
      worker.on("exit", (code) => this.#failed(new Error(`a node ended with ${code}`)));
    }
  }

  /** Resolves when it sees whoever else is there. */
  static async start(medium: TransportName, port: number): Promise<LatencyNodeProcess> {
    const peer = new LatencyNodeProcess(medium, port);
    await peer.#answer();
    return peer;
  }

  ask(order: Extract<LatencyRequest, { ask: "join" | "leave" | "replay" }>): Promise<number>;
  ask(order: Extract<LatencyRequest, { ask: "delays" }>): Promise<number[]>;
  ask(order: LatencyRequest): Promise<unknown> {
    const answer = this.#answer();
    this.#send(order);
    return answer;
  }

  #answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
    });
  }

  // What the pub/sub of a worker says to the primary comes by the same channel.
  readonly #hear = (message: object): void => {
    if ("answer" in message) this.#answered(message.answer);
  };
}
