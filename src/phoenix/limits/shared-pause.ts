/** A source of messages that can be paused, such as the transport of a client. */
export interface Pausable {
  pause(): void;
  resume(): void;
}

/** Pauses a source for several limits: it reads again only when none of them holds it. */
export class SharedPause {
  readonly #source: Pausable;
  #holders = 0;

  constructor(source: Pausable) {
    this.#source = source;
  }

  /** The source as one limit sees it. */
  share(): Pausable {
    let isHolding = false;
    return {
      pause: () => {
        if (isHolding) return;
        isHolding = true;
        this.#holders++;
        if (this.#holders === 1) this.#source.pause();
      },
      resume: () => {
        if (!isHolding) return;
        isHolding = false;
        this.#holders--;
        if (this.#holders === 0) this.#source.resume();
      },
    };
  }
}
