import { errorOf } from "../checks/reason-of.ts";
import { forLog } from "../log-message.ts";
import type { Clock } from "../time/clock.ts";
import type { ErrorOrigin, ReportError } from "./error-origin.ts";

/** How many errors of one kind `onError` gets within `WINDOW_MS`. */
const MAX_PER_WINDOW = 10;
const WINDOW_MS = 10_000;
/** Errors beyond so many kinds count by `during` alone, so that names which a client made up take no memory. */
const MAX_KINDS = 100;

/** The errors of one kind since its window began. */
interface Kind {
  reported: number;
  /** The newest error that was left out. */
  last: readonly [thrown: unknown, where: ErrorOrigin] | undefined;
  suppressed: number;
  readonly cancel: () => void;
}

/**
 * Passes errors to `onError`: of each kind at most `MAX_PER_WINDOW` in `WINDOW_MS`. The newest of the others follows at the end of
 * the window, with their number. A client can thus not fill a log or a disk with the errors that it causes.
 *
 * It gets the messages without the names and values of clients, which would otherwise end up in the log.
 *
 * Errors are of one kind if they have the same `during`, name, code and limit. Their messages may differ.
 */
export class ErrorReporter {
  readonly #clock: Clock;
  readonly #onError: (error: Error, where: ErrorOrigin) => unknown;
  readonly #kinds = new Map<string, Kind>();

  constructor(clock: Clock, onError: (error: Error, where: ErrorOrigin) => unknown) {
    this.#clock = clock;
    this.#onError = onError;
  }

  readonly report: ReportError = (thrown, where) => {
    const name = this.#nameOf(thrown, where);
    const kind = this.#kinds.get(name) ?? this.#open(name);
    if (kind.reported < MAX_PER_WINDOW) {
      kind.reported++;
      this.#call(thrown, where);
      return;
    }
    if (kind.last !== undefined) kind.suppressed++;
    kind.last = [thrown, where];
  };

  /** Reports at once what waits for the end of a window. */
  flush(): void {
    const kinds = [...this.#kinds.values()];
    this.#kinds.clear();
    for (const kind of kinds) {
      kind.cancel();
      this.#reportLast(kind);
    }
  }

  #open(name: string): Kind {
    const cancel = this.#clock.setTimer(() => this.#endWindow(name), WINDOW_MS);
    const kind: Kind = { reported: 0, last: undefined, suppressed: 0, cancel };
    this.#kinds.set(name, kind);
    return kind;
  }

  #endWindow(name: string): void {
    const kind = this.#kinds.get(name);
    this.#kinds.delete(name);
    if (kind?.last === undefined) return;
    // In a flood that goes on, each window begins with this summary, and has no room for more before its end.
    this.#open(name).reported = MAX_PER_WINDOW;
    this.#reportLast(kind);
  }

  #reportLast({ last, suppressed }: Kind): void {
    if (last === undefined) return;
    const [thrown, where] = last;
    this.#call(thrown, suppressed === 0 ? where : { ...where, suppressed });
  }

  #nameOf(thrown: unknown, { during }: ErrorOrigin): string {
    const { name, code, limit } = (thrown instanceof Error ? thrown : {}) as {
      readonly [member: string]: unknown;
    };
    const full = [during, name, code, limit].map((part) => String(part).slice(0, 100)).join(" ");
    return this.#kinds.has(full) || this.#kinds.size < MAX_KINDS ? full : during;
  }

  #call(thrown: unknown, where: ErrorOrigin): void {
    const error = forLog(errorOf(thrown, "A handler"));
    const warn = (thrownByOnError: unknown): void =>
      process.emitWarning(forLog(errorOf(thrownByOnError, "onError")));
    try {
      const result = this.#onError(error, where);
      // Without this, an async onError that rejects would end the process.
      if (result instanceof Promise) result.catch(warn);
    } catch (thrownByOnError) {
      warn(thrownByOnError);
    }
  }
}
