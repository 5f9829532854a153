import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { CountAnswer, CountRequest } from "./count-node.ts";

/** The process of a node, seen from the one that measures. */
export class CountNodeProcess {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  static async start(redisPort: number): Promise<CountNodeProcess> {
    const child = fork(process.argv[1]!, ["node", `${redisPort}`], { execArgv: [] });
    const { port } = await answerOf<Extract<CountAnswer, { port: number }>>(child);
    return new CountNodeProcess(child, port);
  }

  /** One question at a time. */
  ask<Expected extends CountAnswer>(question: CountRequest): Promise<Expected> {
    this.#process.send(question);
    return answerOf<Expected>(this.#process);
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }
}

/** What it says next. Rejects when it ends without a word. */
async function answerOf<Expected extends CountAnswer>(child: ChildProcess): Promise<Expected> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const ended = once(child, "exit", { signal }).then(([code]) => {
      throw new Error(`a node ended with ${code}`);
    });
    const [answer] = (await Promise.race([once(child, "message", { signal }), ended])) as [Expected];
    return answer;
  } finally {
    waiting.abort();
  }
}
