import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { collectGarbage } from "../measure.ts";

/** The topic that the members and the hostile client join. */
export const ROOM = "room:lobby";

export interface RoomOptions {
  /** Which server: our library, or the least that bare `ws` needs for the same clients. */
  readonly by: "rollcall" | "bareWs";
  /** How many presences the room has besides its clients. */
  readonly crowd: number;
}

/** A server in a child process. */
export class RoomProcess {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  static async start(options: RoomOptions): Promise<RoomProcess> {
    const child = fork(process.argv[1]!, ["serve", JSON.stringify(options)], { execArgv: ["--expose-gc"] });
    child.once("exit", (code, signal) => {
      // A bench that waits for a server which has crashed would wait forever.
      if (signal !== "SIGKILL") throw new Error(`The server ended with ${code ?? signal}.`);
    });
    const [port] = (await once(child, "message")) as [number];
    return new RoomProcess(child, port);
  }

  /** The memory that the server holds after garbage collections, in bytes. */
  async memory(): Promise<number> {
    this.#process.send("memory");
    const [bytes] = (await once(this.#process, "message")) as [number];
    return bytes;
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }
}

/** Sends the port of this server to the parent process, and answers its questions for the memory. */
export function answerRoomProcess(port: number): void {
  process.on("message", () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    process.send!(heapUsed + external);
  });
  // The parent may have failed.
  process.once("disconnect", () => process.exit());
  process.send!(port);
}
