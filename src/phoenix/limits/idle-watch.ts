import type { Clock } from "../../time/clock.ts";

/** The longest time between two ticks, in ms. If more time passes, the process stood still, and that time is not silence. */
const MAX_TICK_MS = 1_000;

/**
 * How many times the event loop reads its sockets before a silent connection is judged. Two rounds, because a WebSocket may hand over
 * what it has read one round later.
 */
const READ_ROUNDS = 2;

/**
 * Finds the connections that have been silent for the whole timeout. One timer serves any number of them.
 *
 * Only what the process could have heard counts. When it stood still (a stopped process, a suspended machine, a long computation),
 * the messages of clients wait in the buffers of their sockets, and a timer that is due comes before them. So the watch lets the loop
 * read before it judges, and counts only the time in which the process ran. `RunningTime` measures that more exactly, but only for
 * about a second, and with a timer every 25 ms. The watch runs for minutes, and one tick per second is exact enough.
 */
export class IdleWatch<Watched> {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #tickMs: number;
  readonly #onIdle: (silent: Watched) => void;
  /** The running time at which each was last active. The one that has been silent for the longest time comes first. */
  readonly #lastActive = new Map<Watched, number>();
  /** How long the process had run at the last tick, without the pauses. */
  #ranMs = 0;
  #tickedAt = 0;
  #cancelTick: (() => void) | undefined = undefined;
  #reading: NodeJS.Immediate | undefined = undefined;

  constructor(clock: Clock, timeoutMs: number, onIdle: (silent: Watched) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#tickMs = Math.min(MAX_TICK_MS, timeoutMs / 4);
    this.#onIdle = onIdle;
  }

  /** Records activity. The first call starts the watch. */
  touch(watched: Watched): void {
    if (this.#cancelTick === undefined) this.#start();
    // Delete it first: this moves it to the end of the map.
    this.#lastActive.delete(watched);
    this.#lastActive.set(watched, this.#runningTime());
  }

  forget(watched: Watched): void {
    this.#lastActive.delete(watched);
    if (this.#lastActive.size === 0) this.#stop();
  }

  #start(): void {
    this.#tickedAt = this.#clock.now();
    this.#schedule();
  }

  #stop(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    clearImmediate(this.#reading);
    this.#reading = undefined;
  }

  /** Time as the process saw it: the time since the last tick, up to the length of a tick, and the ticks before. */
  #runningTime(): number {
    return this.#ranMs + Math.min(this.#tickMs, this.#clock.now() - this.#tickedAt);
  }

  #schedule(): void {
    const [oldest = this.#ranMs] = this.#lastActive.values();
    const leftMs = oldest + this.#timeoutMs - this.#ranMs;
    const delayMs = leftMs > 0 ? Math.min(leftMs, this.#tickMs) : this.#tickMs;
    this.#cancelTick = this.#clock.setTimer(() => this.#tick(), delayMs);
  }

  #tick(): void {
    this.#ranMs = this.#runningTime();
    this.#tickedAt = this.#clock.now();
    this.#schedule();
    if (this.#reading === undefined && this.#silent().next().done !== true) this.#readFirst(READ_ROUNDS);
  }

  #readFirst(rounds: number): void {
    this.#reading = setImmediate(() => {
      if (rounds > 1) return this.#readFirst(rounds - 1);
      this.#reading = undefined;
      this.#judge();
    });
  }

  #judge(): void {
    for (const watched of this.#silent()) {
      this.#lastActive.delete(watched);
      this.#onIdle(watched);
    }
    if (this.#lastActive.size === 0) this.#stop();
  }

  /** Those that have been silent for the whole timeout. */
  *#silent(): Generator<Watched> {
    const now = this.#runningTime();
    for (const [watched, lastActive] of this.#lastActive) {
      if (lastActive + this.#timeoutMs > now) return;
      yield watched;
    }
  }
}
