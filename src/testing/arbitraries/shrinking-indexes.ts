import fc from "fast-check";

/**
 * Always all numbers from 0 to `length` - 1, and smaller only by shrinking: half of them gone, a quarter, down to single
 * ones. An array of a fixed length with this beside it is as long as asked for, and still shrinks to what matters.
 */
export class ShrinkingIndexes extends fc.Arbitrary<readonly number[]> {
  readonly #length: number;

  constructor(length: number) {
    super();
    this.#length = length;
  }

  generate(): fc.Value<readonly number[]> {
    return new fc.Value(
      Array.from({ length: this.#length }, (_, at) => at),
      undefined,
    );
  }

  canShrinkWithoutContext(value: unknown): value is readonly number[] {
    return Array.isArray(value);
  }

  shrink(value: readonly number[]): fc.Stream<fc.Value<readonly number[]>> {
    return new fc.Stream(smaller(value));
  }
}

function* smaller(value: readonly number[]): IterableIterator<fc.Value<readonly number[]>> {
  for (let size = value.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < value.length; start += size) {
      yield new fc.Value([...value.slice(0, start), ...value.slice(start + size)], undefined);
    }
  }
}
