interface SilenceDetectorOptions {
  readonly broadcastPeriodMs: number;
  readonly heartbeatIntervalMs: number;
}

/**
 * Decides whether the silence of peers counts. It does not count while the transport is disconnected, while this replica is
 * deaf (not even its own heartbeats come back), or while this process was paused. All times are in ms.
 */
export class SilenceDetector {
  readonly #options: SilenceDetectorOptions;
  #disconnectedAt: number | undefined = undefined;
  /** When the two oldest of our heartbeats that have not come back were sent. */
  #unreturnedHeartbeats: number[] = [];
  #lastStepAt: number | undefined = undefined;
  #resubscribeAt = 0;

  constructor(options: SilenceDetectorOptions) {
    this.#options = options;
  }

  /**
   * Call this in every step. Returns how long the process was paused, or 0 for an ordinary gap between steps. The pause
   * belongs to no other gap: what lasted already when it began goes on after it, as if the time had stood still.
   */
  stepped(now: number): number {
    const gap = now - (this.#lastStepAt ?? now);
    this.#lastStepAt = now;
    if (gap <= 2 * this.#options.broadcastPeriodMs) return 0;
    this.#unreturnedHeartbeats = this.#unreturnedHeartbeats.map((sentAt) => sentAt + gap);
    if (this.#disconnectedAt !== undefined) this.#disconnectedAt += gap;
    return gap;
  }

  /** Whether the transport is connected. */
  get isConnected(): boolean {
    return this.#disconnectedAt === undefined;
  }

  disconnected(now: number): void {
    this.#disconnectedAt ??= now;
  }

  /** Returns how long the transport was disconnected. */
  connected(now: number): number {
    const since = this.#disconnectedAt ?? now;
    this.#disconnectedAt = undefined;
    this.#unreturnedHeartbeats = [];
    return now - since;
  }

  heartbeatSent(now: number): void {
    if (this.isConnected && this.#unreturnedHeartbeats.length < 2) this.#unreturnedHeartbeats.push(now);
  }

  /** Heartbeats in flight carry the old id, so none of them can come back. Returns how long this replica was deaf. */
  renamed(now: number): number {
    return this.ownMessageReturned(now);
  }

  /** Returns how long this replica was deaf. Time in which the transport is disconnected is in the gap of `connected`. */
  ownMessageReturned(now: number): number {
    const gap = this.isConnected && this.isDeaf(now) ? now - this.#unreturnedHeartbeats[0]! : 0;
    this.#unreturnedHeartbeats = [];
    return gap;
  }

  /** Whether two of our heartbeats have not come back, and the second was sent more than one period ago. */
  isDeaf(now: number): boolean {
    const [, second] = this.#unreturnedHeartbeats;
    return second !== undefined && now - second > this.#options.broadcastPeriodMs;
  }

  /** Since when this replica hears nothing, not even itself, if that is so now. */
  deafSince(now: number): number | undefined {
    return this.#disconnectedAt ?? (this.isDeaf(now) ? this.#unreturnedHeartbeats[0] : undefined);
  }

  /** Whether the silence of peers counts now. */
  canDetectSilence(now: number): boolean {
    return this.isConnected && !this.isDeaf(now);
  }

  /**
   * Whether to resubscribe now. Between two attempts there is time for a heartbeat to come back through the new
   * subscription.
   */
  mustResubscribe(now: number): boolean {
    if (!this.isConnected || !this.isDeaf(now) || now < this.#resubscribeAt) return false;
    const { heartbeatIntervalMs, broadcastPeriodMs } = this.#options;
    this.#resubscribeAt = now + heartbeatIntervalMs + broadcastPeriodMs;
    return true;
  }
}
