import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { RoomOptions, ServerAnswer, ServerRequest, ServerUsage } from "./server-messages.ts";

/** A server in a child process. */
export class ServerProcess {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  static async start(options: RoomOptions): Promise<ServerProcess> {
    const child = fork(process.argv[1]!, ["serve", JSON.stringify(options)], { execArgv: [] });
    const [{ port }] = (await once(child, "message")) as [Extract<ServerAnswer, { port: number }>];
    return new ServerProcess(child, port);
  }

  /** CPU since the last call, and peak memory. */
  async usage(): Promise<ServerUsage> {
    this.ask({ ask: "usage" });
    const [usage] = (await once(this.#process, "message")) as [ServerUsage];
    return usage;
  }

  ask(request: ServerRequest): void {
    this.#process.send(request);
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }
}
