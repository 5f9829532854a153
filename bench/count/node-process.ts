import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Answer, Question } from "./node.ts";

/** The process of a node, seen from the one that measures. */
export class NodeProcess {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  static async start(redisPort: number): Promise<NodeProcess> {
    const child = fork(process.argv[1]!, ["node", `${redisPort}`], { execArgv: [] });
    const [{ port }] = (await once(child, "message")) as [Extract<Answer, { port: number }>];
    return new NodeProcess(child, port);
  }

  /** One question at a time. */
  async ask<Expected extends Answer>(question: Question): Promise<Expected> {
    this.#process.send(question);
    const [answer] = (await once(this.#process, "message")) as [Expected];
    return answer;
  }

  async end(): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }
}
