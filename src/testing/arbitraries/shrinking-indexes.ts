import fc from "fast-check";

/**
 * The numbers from 0 to `length` - 1. It shrinks by leaving out half of them, a quarter, down to single ones. Combined with
 * an array of a fixed length, it gives lists that always have the requested length but shrink to the items that matter.
 */
export class ShrinkingIndexes extends fc.Arbitrary<readonly number[]> {
  readonly #length: number;

  constructor(length: number) {
    super();
    this.#length = length;
  }

  generate(): fc.Value<readonly number[]> {
    return new fc.Value(
      Array.from({ length: this.#length }, (_, index) => index),
      undefined,
    );
  }

  canShrinkWithoutContext(value: unknown): value is readonly number[] {
    return Array.isArray(value);
  }

  shrink(value: readonly number[]): fc.Stream<fc.Value<readonly number[]>> {
    return new fc.Stream(withFewerIndexes(value));
  }
}

function* withFewerIndexes(value: readonly number[]): IterableIterator<fc.Value<readonly number[]>> {
  for (let size = value.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < value.length; start += size) {
      yield new fc.Value([...value.slice(0, start), ...value.slice(start + size)], undefined);
    }
  }
}
