import type { Numbers } from "../support/replicate-modes.ts";
import type { NodeDiff } from "../support/report-events.ts";
import type { Visits } from "./visits.ts";

/** Follows the diffs of a node, and checks each number that they lead to. */
export class DiffWatch {
  readonly #name: string;
  readonly #visits: Visits;
  readonly #report: (problem: string) => void;
  readonly #numbers: Record<string, number> = {};
  #ranAtAgreement = false;

  constructor(name: string, visits: Visits, report: (problem: string) => void) {
    this.#name = name;
    this.#visits = visits;
    this.#report = report;
  }

  /** The numbers that all diffs so far add up to. */
  get numbers(): Numbers {
    return this.#numbers;
  }

  /** All nodes show the expected numbers. */
  agreed(): void {
    this.#ranAtAgreement = true;
  }

  readonly add = ({ changes, at, silent }: NodeDiff): void => {
    for (const [place, change] of Object.entries(changes)) {
      const number = (this.#numbers[place] ?? 0) + change;
      if (number === 0) delete this.#numbers[place];
      else this.#numbers[place] = number;
      const least = this.#ranAtAgreement ? this.#visits.least(place, at, silent) : 0;
      const most = this.#visits.most(place, at);
      if (number < least || number > most)
        this.#report(`${this.#name} showed ${number} of ${place}, which had ${least} to ${most}`);
    }
  };
}
