import { type Clock, systemClock } from "../src/time/clock.ts";

/** Where progress is shown: beside the results, so that those can be piped. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** How many there are, where that is known. */
  readonly of?: number;
  /** What they are, as in "7 of 200 seeds". */
  readonly unit: string;
  /** Not on a terminal a line is written no more often than this. Each time, where it is 0. */
  readonly everyMs?: number;
  readonly stream?: ProgressStream;
  readonly clock?: Clock;
  /** In CI even what looks like a terminal is read as a log. */
  readonly isCI?: boolean;
}

/** On a terminal so often it shows that time passes. */
const REDRAW_MS = 1_000;

/**
 * How far a command is that takes long. On a terminal it is one line, written over and gone at the end; elsewhere a plain
 * line now and then. Nowhere an escape code: a line is written over by spaces.
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
  #saidAt: number | undefined = undefined;
  #drawn = 0;
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

  /** So many are done; `what` says at what we are. */
  at(done: number, what?: string): void {
    const count = this.#of === undefined ? `${done}` : `${done} of ${this.#of}`;
    this.#text = `${this.#name}: ${count} ${this.#unit}${what === undefined ? "" : `, ${what}`}`;
    if (this.#isRewritten) this.#draw(this.#line());
    else this.#say();
  }

  /** Makes room for something else that is written; the line comes back by itself. */
  clear(): void {
    if (this.#isRewritten) this.#draw("");
  }

  end(): void {
    this.#cancel();
    this.clear();
  }

  #say(): void {
    const now = this.#clock.now();
    if (this.#saidAt !== undefined && now - this.#saidAt < this.#everyMs) return;
    this.#saidAt = now;
    this.#stream.write(`${this.#line()}\n`);
  }

  #draw(line: string): void {
    if (line === "" && this.#drawn === 0) return;
    const shown = line.slice(0, (this.#stream.columns || 80) - 1);
    this.#stream.write(`\r${shown.padEnd(this.#drawn)}${shown === "" ? "\r" : ""}`);
    this.#drawn = shown.length;
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
