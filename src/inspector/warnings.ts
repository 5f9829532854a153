import type { Inspectable } from "./inspectable.ts";

/**
 * A warning, and how often it came with the same words.
 *
 * @example
 * const isNews = ({ lastAt }: InspectedWarning) => Date.now() - Date.parse(lastAt) < 60_000;
 */
export interface InspectedWarning {
  readonly code: string;
  readonly message: string;
  readonly times: number;
  /** When it came last, by the wall clock: an ISO date. */
  readonly lastAt: string;
}

const MOST_KEPT = 50;

/** The latest warnings. What comes again moves up and is kept once, so that a flood of one hides no other. */
export class WarningLog {
  readonly #inspected: Pick<Inspectable, "on" | "off">;
  readonly #kept = new Map<string, InspectedWarning>();

  constructor(inspected: Pick<Inspectable, "on" | "off">) {
    this.#inspected = inspected;
    inspected.on("warning", this.#add);
  }

  /** The last first. */
  get latest(): readonly InspectedWarning[] {
    return [...this.#kept.values()].reverse();
  }

  close(): void {
    this.#inspected.off("warning", this.#add);
  }

  readonly #add = ({ code, message }: Error & { readonly code: string }): void => {
    const name = `${code} ${message}`;
    const times = (this.#kept.get(name)?.times ?? 0) + 1;
    this.#kept.delete(name);
    this.#kept.set(name, { code, message, times, lastAt: new Date().toISOString() });
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
  };
}
