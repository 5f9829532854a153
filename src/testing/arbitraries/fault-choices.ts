import fc from "fast-check";

/**
 * As many numbers as asked for, to decide by: 0 is the calm choice, where nothing goes wrong. They shrink many at once, all of
 * them, half, down to single ones: one by one would take minutes.
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
    return new fc.Stream(calmer(value));
  }
}

function* calmer(value: readonly number[]): IterableIterator<fc.Value<readonly number[]>> {
  for (let size = value.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < value.length; start += size) {
      const end = start + size;
      if (value.slice(start, end).every((number) => number === 0)) continue;
      yield new fc.Value(
        value.map((number, at) => (at >= start && at < end ? 0 : number)),
        undefined,
      );
    }
  }
}
