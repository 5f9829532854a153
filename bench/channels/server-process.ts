import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { FromRoom, RoomOptions, ToRoom, Usage } from "./server-messages.ts";

/** The process of a server, seen from that of its clients. */
export class Server {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  static async start(options: RoomOptions): Promise<Server> {
    const child = fork(process.argv[1]!, ["serve", JSON.stringify(options)], { execArgv: [] });
    const [{ port }] = (await once(child, "message")) as [Extract<FromRoom, { port: number }>];
    return new Server(child, port);
  }

  /** CPU since this was last asked, and the most memory so far. */
  async usage(): Promise<Usage> {
    this.ask({ ask: "usage" });
    const [usage] = (await once(this.#process, "message")) as [Usage];
    return usage;
  }

  ask(question: ToRoom): void {
    this.#process.send(question);
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }
}
