/**
 * Whether the silence of others means anything. It does not while our connection is down, while not even our own
 * heartbeats come back, or while this process itself stood still. Times in ms.
 */
export class SilenceDetector {
  readonly #periodMs: number;
  #disconnectedAt: number | undefined = undefined;
  /** When our two oldest heartbeats that have not come back were sent. */
  #unheard: number[] = [];
  #lastAwake: number | undefined = undefined;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** To be told of every step. Returns for how long we stood still, beyond what is usual. */
  stepped(now: number): number {
    const gap = now - (this.#lastAwake ?? now);
    this.#lastAwake = now;
    return gap > 2 * this.#periodMs ? gap : 0;
  }

  get isConnected(): boolean {
    return this.#disconnectedAt === undefined;
  }

  disconnected(now: number): void {
    this.#disconnectedAt ??= now;
  }

  /** Returns for how long we could not hear. */
  connected(now: number): number {
    const since = this.#disconnectedAt ?? now;
    this.#disconnectedAt = undefined;
    this.#unheard = [];
    return now - since;
  }

  /** A heartbeat of ours goes out. */
  heartbeatSent(now: number): void {
    if (this.isConnected && this.#unheard.length < 2) this.#unheard.push(now);
  }

  /** Those that are on their way will not be known for ours. Returns for how long we could not hear. */
  renamed(now: number): number {
    return this.heardOurselves(now);
  }

  /** A message of ours came back. Returns for how long we could not hear. */
  heardOurselves(now: number): number {
    const gap = this.isDeaf(now) ? now - this.#unheard[0]! : 0;
    this.#unheard = [];
    return gap;
  }

  /** Two heartbeats of ours, each sent more than a period ago, have not come back. */
  isDeaf(now: number): boolean {
    const [, second] = this.#unheard;
    return second !== undefined && now - second > this.#periodMs;
  }

  /** Whether the silence of others is theirs. */
  canDetectSilence(now: number): boolean {
    return this.isConnected && !this.isDeaf(now);
  }
}
