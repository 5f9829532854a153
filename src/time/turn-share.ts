import type { Clock } from "./clock.ts";

/** How long tasks may keep a turn of the event loop, in ms. */
const SHARE_MS = 20;
/** Tasks of one turn follow each other within this time, in ms. */
const SAME_TURN_MS = 1;

interface TurnShareOptions {
  readonly clock: Clock;
  /** Called when tasks have to wait: their source should send no more until then. */
  readonly pause?: () => void;
  /** Called when no task waits any more. */
  readonly resume?: () => void;
}

/**
 * Runs tasks in order: at once, as long as they take no more than their share of a turn of the event loop, and otherwise in later
 * turns. For example, a packet may hold hundreds of messages of one client, and all of them come in one turn. Without this,
 * the other clients would wait for the last of them.
 */
export class TurnShare {
  readonly #options: TurnShareOptions;
  #queue: (() => void)[] = [];
  #shareEndsAt = Number.NEGATIVE_INFINITY;
  #idleSince = Number.NEGATIVE_INFINITY;

  constructor(options: TurnShareOptions) {
    this.#options = options;
  }

  run(task: () => void): void {
    const now = this.#options.clock.now();
    if (this.#queue.length > 0) {
      this.#queue.push(task);
      return;
    }
    const isNewTurn = now - this.#idleSince >= SAME_TURN_MS;
    if (isNewTurn && now >= this.#shareEndsAt) this.#shareEndsAt = now + SHARE_MS;
    if (now < this.#shareEndsAt) {
      this.#run(task);
      return;
    }
    this.#queue.push(task);
    this.#options.pause?.();
    setImmediate(this.#continue);
  }

  /** Drops the tasks that wait. */
  clear(): void {
    this.#queue = [];
  }

  readonly #continue = (): void => {
    const { clock, resume } = this.#options;
    this.#shareEndsAt = clock.now() + SHARE_MS;
    const tasks = this.#queue;
    let done = 0;
    // A task may clear the queue.
    while (this.#queue === tasks && done < tasks.length && clock.now() < this.#shareEndsAt)
      this.#run(tasks[done++]!);
    if (this.#queue === tasks) this.#queue = tasks.slice(done);
    if (this.#queue.length > 0) setImmediate(this.#continue);
    else resume?.();
  };

  #run(task: () => void): void {
    try {
      task();
    } finally {
      this.#idleSince = this.#options.clock.now();
    }
  }
}
