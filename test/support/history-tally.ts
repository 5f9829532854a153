/** Counts what the histories contained. Every law would hold if the arbitraries generated nearly nothing. */
class Tally {
  readonly #events = new Map<string, number>();
  #histories = 0;
  #lengths = 0;

  length(length: number): void {
    this.#histories++;
    this.#lengths += length;
  }

  event(kind: string, count = 1): void {
    this.#events.set(kind, (this.#events.get(kind) ?? 0) + count);
  }

  of(kind: string): number {
    return this.#events.get(kind) ?? 0;
  }

  get meanLength(): number {
    return this.#lengths / this.#histories;
  }

  print(title: string): void {
    const kinds = [...this.#events].map(([kind, count]) => `${kind} ${count}`).join(", ");
    console.info(`${title}: ${this.#histories} histories of mean length ${this.meanLength}; ${kinds}`);
  }
}

export const historyTally: Tally = new Tally();
