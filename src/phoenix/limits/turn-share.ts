import type { Clock } from "../../time/clock.ts";
import type { Pausable } from "./shared-pause.ts";

/** How long one connection may keep a turn of the event loop, in ms. */
const SHARE_MS = 20;
/** Tasks of one turn follow each other within this time, in ms. */
const SAME_TURN_MS = 1;

/**
 * Runs the tasks of one connection in order: at once, as long as they take no more than their share of a turn of the event loop,
 * and otherwise in later turns. A packet may hold hundreds of messages, and all of them come in one turn. Without this, the
 * other connections would wait for the last of them.
 */
export class TurnShare {
  readonly #source: Pausable;
  readonly #clock: Clock;
  #queue: (() => void)[] = [];
  #shareEndsAt = Number.NEGATIVE_INFINITY;
  #idleSince = Number.NEGATIVE_INFINITY;

  /** The source is paused while tasks wait. */
  constructor(source: Pausable, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  run(task: () => void): void {
    const now = this.#clock.now();
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
    this.#source.pause();
    setImmediate(this.#continue);
  }

  /** Drops the tasks that wait. */
  clear(): void {
    this.#queue = [];
  }

  readonly #continue = (): void => {
    this.#shareEndsAt = this.#clock.now() + SHARE_MS;
    const tasks = this.#queue;
    let done = 0;
    // A task may clear the queue.
    while (this.#queue === tasks && done < tasks.length && this.#clock.now() < this.#shareEndsAt)
      this.#run(tasks[done++]!);
    if (this.#queue === tasks) this.#queue = tasks.slice(done);
    if (this.#queue.length > 0) setImmediate(this.#continue);
    else this.#source.resume();
  };

  #run(task: () => void): void {
    try {
      task();
    } finally {
      this.#idleSince = this.#clock.now();
    }
  }
}
