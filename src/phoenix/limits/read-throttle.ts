import type { Clock } from "../../time/clock.ts";
import type { RunningTime } from "../../time/running-time.ts";
import { TokenBucket } from "../../time/token-bucket.ts";
import type { Pausable } from "./shared-pause.ts";

/** `RunningTime` stops a second after the last reading, so a long pause is checked more often. */
const MAX_DELAY_MS = 500;

/** Reads no more than so many bytes per second from a client, and as many at once. The rest waits in the network. */
export class ReadThrottle {
  readonly #clock: Clock;
  readonly #source: Pausable;
  readonly #bucket: TokenBucket;
  #cancel: (() => void) | undefined = undefined;

  constructor(
    source: Pausable,
    { clock, time, bytesPerSecond }: { clock: Clock; time: RunningTime; bytesPerSecond: number },
  ) {
    this.#source = source;
    this.#clock = clock;
    this.#bucket = new TokenBucket(time, bytesPerSecond);
  }

  /** Counts bytes that were read. Pauses the source if they are too many. */
  count(bytes: number): void {
    this.#bucket.spend(bytes);
    if (this.#cancel !== undefined || this.#bucket.debtMs === 0) return;
    this.#source.pause();
    this.#wait();
  }

  skip(ms: number): void {
    this.#bucket.skip(ms);
  }

  /** Resumes the source for good: a connection that closes must read the answer of the client. */
  end(): void {
    if (this.#cancel === undefined) return;
    this.#cancel();
    this.#cancel = undefined;
    this.#source.resume();
  }

  #wait(): void {
    const delayMs = Math.min(MAX_DELAY_MS, Math.ceil(this.#bucket.debtMs));
    this.#cancel = this.#clock.setTimer(() => {
      if (this.#bucket.debtMs > 0) this.#wait();
      else this.end();
    }, delayMs);
  }
}
