/** The number of one topic and key. */
export interface PlacedNumber {
  readonly topic: string;
  readonly key: string;
  readonly n: number;
}

/** The numbers that one incarnation has published so far, each with the virtual time from which it held. */
export class NumberHistory {
  readonly #byPlace = new Map<string, { readonly at: number; readonly n: number }[]>();

  /** Records all numbers that are published now. Those that are left out are 0. */
  record(numbers: readonly PlacedNumber[], now: number): void {
    const current = new Map(numbers.map((number) => [placeOf(number), number.n]));
    for (const place of new Set([...this.#byPlace.keys(), ...current.keys()])) {
      const known = this.#byPlace.get(place) ?? [{ at: Number.NEGATIVE_INFINITY, n: 0 }];
      const n = current.get(place) ?? 0;
      if (known.at(-1)!.n !== n) this.#byPlace.set(place, [...known, { at: now, n }]);
    }
  }

  /** Whether this number was ever published. */
  includes(number: PlacedNumber): boolean {
    return number.n === 0 || (this.#byPlace.get(placeOf(number)) ?? []).some(({ n }) => n === number.n);
  }

  /** The smallest and the largest number of each topic and key that held at some moment since then, if it was ever above 0. */
  *rangesSince(since: number): Generator<{ topic: string; key: string; least: number; most: number }> {
    for (const [place, known] of this.#byPlace) {
      const [topic, key] = JSON.parse(place) as [string, string];
      // A number holds until the next one.
      const held = known.filter((_, index) => (known[index + 1]?.at ?? Number.POSITIVE_INFINITY) > since);
      const numbers = held.map(({ n }) => n);
      yield { topic, key, least: Math.min(...numbers), most: Math.max(...numbers) };
    }
  }
}

function placeOf({ topic, key }: PlacedNumber): string {
  return JSON.stringify([topic, key]);
}
