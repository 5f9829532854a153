import fc from "fast-check";

/**
 * A fixed number of choices, as numbers, of which 0 means no fault. It shrinks to zeros: all choices at once, then half of
 * them, down to single ones. To shrink one choice at a time would take minutes.
 */
export class FaultChoices extends fc.Arbitrary<readonly number[]> {
  readonly #numbers: fc.Arbitrary<readonly number[]>;

  constructor(length: number) {
    super();
    this.#numbers = fc.array(fc.nat(), { minLength: length, maxLength: length, size: "max" });
  }

  generate(random: fc.Random, bias: number | undefined): fc.Value<readonly number[]> {
    return new fc.Value(this.#numbers.generate(random, bias).value, undefined);
  }

  canShrinkWithoutContext(value: unknown): value is readonly number[] {
    return Array.isArray(value);
  }

  shrink(value: readonly number[]): fc.Stream<fc.Value<readonly number[]>> {
    return new fc.Stream(withFewerFaults(value));
  }
}

function* withFewerFaults(value: readonly number[]): IterableIterator<fc.Value<readonly number[]>> {
  for (let size = value.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < value.length; start += size) {
      const end = start + size;
      if (value.slice(start, end).every((number) => number === 0)) continue;
      yield new fc.Value(
        value.map((number, index) => (index >= start && index < end ? 0 : number)),
        undefined,
      );
    }
  }
}
