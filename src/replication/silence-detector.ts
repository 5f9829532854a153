interface SilenceDetectorOptions {
  readonly broadcastPeriodMs: number;
  readonly heartbeatIntervalMs: number;
}

/** The longest time between two attempts to subscribe, in units of the shortest one. */
const MAX_RESUBSCRIBE_FACTOR = 16;

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
  /** When this replica subscribed last, and when it may again. */
  #subscribedAt = 0;
  #resubscribeAt = 0;
  /** How many attempts the backoff counts, and how many of them came after the last own message. */
  #attempts = 0;
  #attemptsInVain = 0;
  #hasReported = false;
  #messageDelayMs = 0;

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

  /** How long this replica has been subscribed. A message that took longer did not reach it. */
  subscribedFor(now: number): number {
    return now - this.#subscribedAt;
  }

  /** This replica has just subscribed for the first time. */
  started(now: number): void {
    this.#subscribedAt = now;
  }

  disconnected(now: number): void {
    this.#disconnectedAt ??= now;
  }

  /** Returns how long the transport was disconnected. */
  connected(now: number): number {
    const since = this.#disconnectedAt ?? now;
    this.#disconnectedAt = undefined;
    this.#subscribedAt = now;
    this.#unreturnedHeartbeats = [];
    return now - since;
  }

  heartbeatSent(now: number): void {
    if (this.isConnected && this.#unreturnedHeartbeats.length < 2) this.#unreturnedHeartbeats.push(now);
  }

  /**
   * Heartbeats in flight carry the old id, so none of them can come back. A replica that is deaf stays so until a message under
   * its new id comes back.
   */
  renamed(now: number): void {
    if (!this.isDeaf(now)) this.#unreturnedHeartbeats = [];
  }

  /** How long our latest heartbeat took to come back to us, in ms. Messages of peers take about as long. */
  get messageDelayMs(): number {
    return this.#messageDelayMs;
  }

  /** Returns how long this replica was deaf. Time in which the transport is disconnected is in the gap of `connected`. */
  ownMessageReturned(now: number): number {
    this.#attemptsInVain = 0;
    const gap = this.isConnected && this.isDeaf(now) ? now - this.#unreturnedHeartbeats[0]! : 0;
    const sentAt = this.#unreturnedHeartbeats.at(-1);
    if (sentAt !== undefined) this.#messageDelayMs = Math.min(now - sentAt, this.#options.broadcastPeriodMs);
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
   * Whether to resubscribe now. Between two attempts there is time for a heartbeat to come back through the new subscription.
   * On a slow bus that takes longer, and a subscription may miss what is under way: so the time doubles with each attempt.
   */
  mustResubscribe(now: number): boolean {
    if (!this.isConnected || !this.isDeaf(now) || now < this.#resubscribeAt) return false;
    const { heartbeatIntervalMs, broadcastPeriodMs } = this.#options;
    const shortestMs = heartbeatIntervalMs + broadcastPeriodMs;
    // On a slow bus the next trouble is near: the backoff starts again only after a long time without one.
    if (now > this.#resubscribeAt + MAX_RESUBSCRIBE_FACTOR * shortestMs) this.#attempts = 0;
    this.#resubscribeAt = now + Math.min(2 ** this.#attempts, MAX_RESUBSCRIBE_FACTOR) * shortestMs;
    this.#subscribedAt = now;
    this.#attempts++;
    this.#attemptsInVain++;
    return true;
  }

  /** Whether to report now that this replica resubscribes in vain: after the second attempt in a row, once. */
  mustReport(): boolean {
    if (this.#attemptsInVain < 2 || this.#hasReported) return false;
    this.#hasReported = true;
    return true;
  }
}
