const NEVER_YET = Number.NEGATIVE_INFINITY;

interface FeedPaceOptions {
  /** How long changes collect before they become a diff, from the first of them. */
  readonly collectMs: number;
  /** How long a feed rests after a diff, and after a state, before the next one. */
  readonly windowMs: number;
}

/** Says when a feed may make its next diff and its next state, without a timer of its own. */
export class FeedPace {
  readonly #collectMs: number;
  readonly #windowMs: number;
  #collectedAt = NEVER_YET;
  #diffAt = NEVER_YET;
  #stateAt = NEVER_YET;
  #isDiffUnsent = false;
  #isStateUnsent = false;

  constructor({ collectMs, windowMs }: FeedPaceOptions) {
    this.#collectMs = collectMs;
    this.#windowMs = windowMs;
  }

  /** The earliest time of the next diff. A state of the same moment goes with it. */
  get diffAt(): number {
    return Math.max(this.#collectedAt, this.#diffAt);
  }

  /** The earliest time of the next state, if there is no diff to make. */
  get stateAt(): number {
    return Math.max(this.#collectedAt, this.#stateAt);
  }

  /** When a feed that nothing follows may be forgotten. */
  get restsUntil(): number {
    return Math.max(this.#diffAt, this.#stateAt);
  }

  /** Records a change: the first one starts to collect. */
  changed(now: number): void {
    if (this.#collectMs > 0 && this.#collectedAt === NEVER_YET) this.#collectedAt = now + this.#collectMs;
  }

  /** Records that what was collected is about to become a diff. */
  collected(): void {
    this.#collectedAt = NEVER_YET;
  }

  madeDiff(now: number): void {
    if (this.#windowMs === 0) return;
    this.#diffAt = now + this.#windowMs;
    this.#isDiffUnsent = true;
  }

  madeState(now: number): void {
    if (this.#windowMs === 0) return;
    this.#stateAt = now + this.#windowMs;
    this.#isStateUnsent = true;
  }

  /**
   * Starts the rest when the messages have been sent. If the window started earlier, a state that takes longer than the window
   * would be followed by the next one at once, and would starve the event loop.
   */
  sent(now: number): void {
    if (this.#isDiffUnsent) this.#diffAt = now + this.#windowMs;
    if (this.#isStateUnsent) this.#stateAt = now + this.#windowMs;
    this.#isDiffUnsent = false;
    this.#isStateUnsent = false;
  }
}
