import { type Clock, systemClock } from "../src/time/clock.ts";

/** The output stream. By default it is stderr, so that stdout has only the results. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** The total, if known. */
  readonly of?: number;
  /** The counted things, as in "7 of 200 seeds". */
  readonly unit: string;
  /** Minimum time between lines when the stream is no terminal. Default 10 000; with 0, every call writes a line. */
  readonly everyMs?: number;
  readonly stream?: ProgressStream;
  readonly clock?: Clock;
  /** In CI, a terminal counts as a log. Default: whether the variable `CI` is set. */
  readonly isCI?: boolean;
}

/** How often a terminal shows the elapsed time. */
const REDRAW_MS = 1_000;

/**
 * Shows the progress of a long command. A terminal shows one line, which is overwritten and removed at the end. Any other
 * stream gets a plain line now and then. There are no escape codes: spaces overwrite the old line.
 */
export class Progress {
  readonly #name: string;
  readonly #of: number | undefined;
  readonly #unit: string;
  readonly #everyMs: number;
  readonly #stream: ProgressStream;
  readonly #clock: Clock;
  readonly #isRewritten: boolean;
  readonly #startedAt: number;
  #writtenAt: number | undefined = undefined;
  #drawnLength = 0;
  #text = "";
  #cancel: () => void = () => {};

  constructor(name: string, options: ProgressOptions) {
    this.#name = name;
    this.#of = options.of;
    this.#unit = options.unit;
    this.#everyMs = options.everyMs ?? 10_000;
    this.#stream = options.stream ?? process.stderr;
    this.#clock = options.clock ?? systemClock;
    this.#isRewritten = this.#stream.isTTY === true && !(options.isCI ?? Boolean(process.env["CI"]));
    this.#startedAt = this.#clock.now();
    if (this.#isRewritten) this.#redrawLater();
  }

  /** Reports how many are done, and what comes next. */
  at(done: number, current?: string): void {
    const count = this.#of === undefined ? `${done}` : `${done} of ${this.#of}`;
    this.#text = `${this.#name}: ${count} ${this.#unit}${current === undefined ? "" : `, ${current}`}`;
    if (this.#isRewritten) this.#draw(this.#line());
    else this.#writeLine();
  }

  /** Removes the line, so that other output can be written. It reappears by itself. */
  clear(): void {
    if (this.#isRewritten) this.#draw("");
  }

  end(): void {
    this.#cancel();
    this.clear();
  }

  #writeLine(): void {
    const now = this.#clock.now();
    if (this.#writtenAt !== undefined && now - this.#writtenAt < this.#everyMs) return;
    this.#writtenAt = now;
    this.#stream.write(`${this.#line()}\n`);
  }

  #draw(line: string): void {
    if (line === "" && this.#drawnLength === 0) return;
    const shown = line.slice(0, (this.#stream.columns || 80) - 1);
    this.#stream.write(`\r${shown.padEnd(this.#drawnLength)}${shown === "" ? "\r" : ""}`);
    this.#drawnLength = shown.length;
  }

  #redrawLater(): void {
    this.#cancel = this.#clock.setTimer(() => {
      if (this.#text !== "") this.#draw(this.#line());
      this.#redrawLater();
    }, REDRAW_MS);
  }

  #line(): string {
    const seconds = Math.floor((this.#clock.now() - this.#startedAt) / 1_000);
    const minutes = Math.floor(seconds / 60);
    return `${this.#text} (${minutes === 0 ? "" : `${minutes} min `}${seconds % 60} s)`;
  }
}
