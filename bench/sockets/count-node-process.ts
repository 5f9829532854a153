import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { CountAnswer, CountRequest } from "./count-node.ts";

/** A node in a child process. */
export class CountNodeProcess {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  static async start(redisPort: number): Promise<CountNodeProcess> {
    const child = fork(process.argv[1]!, ["node", `${redisPort}`], { execArgv: [] });
    const { port } = await nextAnswer<Extract<CountAnswer, { port: number }>>(child);
    return new CountNodeProcess(child, port);
  }

  /** Sends a request and waits for its answer. Only one may be pending. */
  ask<Expected extends CountAnswer>(request: CountRequest): Promise<Expected> {
    this.#process.send(request);
    return nextAnswer<Expected>(this.#process);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }
}

/** The next message of the process. Rejects when the process exits instead. */
async function nextAnswer<Expected extends CountAnswer>(child: ChildProcess): Promise<Expected> {
  const listening = new AbortController();
  const { signal } = listening;
  try {
    const exited = once(child, "exit", { signal }).then(([code]) => {
      throw new Error(`a node exited with code ${code}`);
    });
    const [answer] = (await Promise.race([once(child, "message", { signal }), exited])) as [Expected];
    return answer;
  } finally {
    listening.abort();
  }
}
