import cluster from "node:cluster";
import { once } from "node:events";
import { Worker as Thread } from "node:worker_threads";
import type { LatencyRequest } from "./latency-node.ts";
import type { Replicated } from "./timed-nodes.ts";
import type { TransportName } from "./transports.ts";

/** A node in another process, or in another thread if the transport connects threads. */
export class LatencyNodeProcess {
  readonly #send: (request: LatencyRequest) => void;
  readonly stop: () => Promise<unknown>;
  #resolve: (answer: unknown) => void = () => {};
  #reject: (error: Error) => void = () => {};

  /** Use `LatencyNodeProcess.start`. */
  private constructor(transport: TransportName, port: number, replicated: Replicated) {
    const args = ["node", transport, `${port}`, replicated];
    const [program] = process.argv.slice(1) as [string];
    if (transport === "broadcastChannel") {
      const thread = new Thread(program, { argv: args });
      this.#send = (request) => thread.postMessage({ request });
      this.stop = () => thread.terminate();
      thread.on("message", this.#onMessage);
      thread.on("error", (error) => this.#reject(error as Error));
    } else {
      cluster.setupPrimary({ exec: program, args, execArgv: [] });
      const worker = cluster.fork();
      this.#send = (request) => worker.send({ request });
      this.stop = async () => {
        if (worker.isDead()) return;
        const exited = once(worker, "exit");
        worker.process.kill("SIGKILL");
        await exited;
      };
      worker.on("message", this.#onMessage);
      worker.on("exit", (code) => this.#reject(new Error(`a node exited with code ${code}`)));
    }
  }

  /** Resolves when the node is synced with those that run already. */
  static async start(
    transport: TransportName,
    port: number,
    replicated: Replicated,
  ): Promise<LatencyNodeProcess> {
    const node = new LatencyNodeProcess(transport, port, replicated);
    await node.#nextAnswer();
    return node;
  }

  ask(request: Extract<LatencyRequest, { ask: "join" | "leave" | "replay" }>): Promise<number>;
  ask(request: Extract<LatencyRequest, { ask: "delays" }>): Promise<number[]>;
  ask(request: LatencyRequest): Promise<unknown> {
    const answer = this.#nextAnswer();
    this.#send(request);
    return answer;
  }

  #nextAnswer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  // Workers send the messages of their pub/sub to the primary on the same channel.
  readonly #onMessage = (message: object): void => {
    if ("answer" in message) this.#resolve(message.answer);
  };
}
