import type { Inspectable } from "./inspectable.ts";

/**
 * A warning, and how often it occurred with the same message.
 *
 * @example
 * const isNews = ({ lastAt }: InspectedWarning) => Date.now() - Date.parse(lastAt) < 60_000;
 */
export interface InspectedWarning {
  readonly code: string;
  readonly message: string;
  readonly times: number;
  /** When it last occurred, by the wall clock, as an ISO date. */
  readonly lastAt: string;
}

const MAX_WARNINGS = 50;

/**
 * The latest warnings. A repeated warning is kept once and moves to the front, so that it does not push out the
 * others.
 */
export class WarningLog {
  readonly #inspectable: Pick<Inspectable, "on" | "off">;
  readonly #warnings = new Map<string, InspectedWarning>();

  constructor(inspectable: Pick<Inspectable, "on" | "off">) {
    this.#inspectable = inspectable;
    inspectable.on("warning", this.#add);
  }

  /** Newest first. */
  get latest(): readonly InspectedWarning[] {
    return [...this.#warnings.values()].reverse();
  }

  close(): void {
    this.#inspectable.off("warning", this.#add);
  }

  readonly #add = ({ code, message }: Error & { readonly code: string }): void => {
    const identity = `${code} ${message}`;
    const times = (this.#warnings.get(identity)?.times ?? 0) + 1;
    this.#warnings.delete(identity);
    this.#warnings.set(identity, { code, message, times, lastAt: new Date().toISOString() });
    if (this.#warnings.size > MAX_WARNINGS) this.#warnings.delete(this.#warnings.keys().next().value!);
  };
}
