/** The numbers that are right at a moment. Both ends belong to the range. */
export interface RightRange {
  readonly least: number;
  readonly most: number;
}

/** How a number moved over time, to be taken together with others. */
export interface NumberSummary {
  readonly least: number;
  readonly most: number;
  /** The longest time without interruption in which the number was wrong, in ms. */
  readonly longestWrongMs: number;
  /** All the time in which the number was wrong, in ms. */
  readonly wrongMs: number;
  /** The time for which the number was followed, in ms. */
  readonly followedMs: number;
  /** The sum of the number over time, in number × ms. */
  readonly area: number;
}

/** Follows a number that changes at known times: its extremes, its mean over time, and how long it was wrong. */
export class NumberOverTime implements NumberSummary {
  least: number = Number.POSITIVE_INFINITY;
  most: number = Number.NEGATIVE_INFINITY;
  longestWrongMs: number = 0;
  wrongMs: number = 0;
  #value: number | undefined;
  #at = 0;
  #startedAt = 0;
  #area = 0;
  #wrongSince: number | undefined;

  /** Records the number and what is right from now on. */
  record(value: number, { least, most }: RightRange, at: number): void {
    if (this.#value === undefined) {
      this.#startedAt = at;
      this.#at = at;
    }
    this.moveTo(at);
    this.#value = value;
    this.least = Math.min(this.least, value);
    this.most = Math.max(this.most, value);
    if (value >= least && value <= most) this.#wrongSince = undefined;
    else this.#wrongSince ??= at;
  }

  /** Counts the time until now. */
  moveTo(at: number): void {
    if (this.#value === undefined) return;
    this.#area += this.#value * (at - this.#at);
    if (this.#wrongSince !== undefined) {
      this.wrongMs += at - this.#at;
      this.longestWrongMs = Math.max(this.longestWrongMs, at - this.#wrongSince);
    }
    this.#at = at;
  }

  get followedMs(): number {
    return this.#at - this.#startedAt;
  }

  get area(): number {
    return this.#area;
  }

  get summary(): NumberSummary {
    const { least, most, longestWrongMs, wrongMs, followedMs, area } = this;
    return { least, most, longestWrongMs, wrongMs, followedMs, area };
  }
}

/** The figures of several numbers together. */
export interface NumberFigures {
  readonly least: number;
  readonly most: number;
  readonly mean: number;
  readonly longestWrongMs: number;
  readonly wrongMs: number;
}

/** Takes the figures of several numbers together: the extremes of all, and the mean weighted by time. */
export function figuresOf(numbers: readonly NumberSummary[]): NumberFigures {
  const followedMs = numbers.reduce((sum, each) => sum + each.followedMs, 0);
  return {
    least: Math.min(...numbers.map(({ least }) => least)),
    most: Math.max(...numbers.map(({ most }) => most)),
    mean: numbers.reduce((sum, { area }) => sum + area, 0) / followedMs,
    longestWrongMs: Math.max(...numbers.map(({ longestWrongMs }) => longestWrongMs)),
    wrongMs: numbers.reduce((sum, { wrongMs }) => sum + wrongMs, 0),
  };
}

/** Prints figures in one line. */
export function printFigures(
  what: string,
  { least, most, mean, longestWrongMs, wrongMs }: NumberFigures,
): void {
  const wrong =
    wrongMs === 0 ? "never wrong" : `wrong for ${ms(longestWrongMs)} at most, ${ms(wrongMs)} in all`;
  process.stdout.write(`${what}: ${least} to ${most}, mean ${mean.toFixed(2)}, ${wrong}\n`);
}

function ms(value: number): string {
  return `${Number(value.toFixed(1))} ms`;
}
