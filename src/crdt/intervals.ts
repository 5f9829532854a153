/** The largest event number: three bits short of a safe integer, because a wire tag adds three bits to it. */
export const MAX_DOT: number = 2 ** 50 - 1;

/** At most this many intervals are inserted one by one, because each insertion may move all intervals after it. */
const MAX_SINGLE_INSERTS = 8;

/**
 * A set of event numbers, stored as sorted, disjoint, non-adjacent intervals. A replica has nearly always seen one
 * interval of another, `[1..n]`. The cost of an operation depends on the number of intervals, never on their length.
 *
 * @example
 * const seen = Intervals.range(1, 5);
 * seen.add(7);
 * seen.has(6);                        // false
 * [...seen];                          // [[1, 5], [7, 7]]
 */
export class Intervals implements Iterable<readonly [low: number, high: number]> {
  /** `[low, high, low, high, …]`, both inclusive. */
  #bounds: number[];

  private constructor(bounds: number[]) {
    this.#bounds = bounds;
  }

  /**
   * The empty set.
   * @example Intervals.empty().isEmpty; // true
   */
  static empty(): Intervals {
    return new Intervals([]);
  }

  /**
   * All numbers from `low` to `high`, both inclusive. Empty if `high < low`.
   * @example Intervals.range(1, 3).size; // 3
   */
  static range(low: number, high: number): Intervals {
    return new Intervals(high < low ? [] : [low, high]);
  }

  /**
   * The set of these numbers, which may be in any order.
   * @example [...Intervals.of([3, 1, 2, 9])]; // [[1, 3], [9, 9]]
   */
  static of(numbers: readonly number[]): Intervals {
    const bounds: number[] = [];
    for (const number of isAscending(numbers) ? numbers : Float64Array.from(numbers).sort())
      push(bounds, number, number);
    return new Intervals(bounds);
  }

  /**
   * The number of elements of the set.
   * @example Intervals.range(1, 3).size; // 3
   */
  get size(): number {
    let size = 0;
    for (let at = 0; at < this.#bounds.length; at += 2) size += this.#bounds[at + 1]! - this.#bounds[at]! + 1;
    return size;
  }

  /**
   * The number of intervals of the set.
   * @example Intervals.of([1, 2, 9]).runs; // 2
   */
  get runs(): number {
    return this.#bounds.length / 2;
  }

  /**
   * Whether the set is empty.
   * @example Intervals.empty().isEmpty; // true
   */
  get isEmpty(): boolean {
    return this.#bounds.length === 0;
  }

  /**
   * The highest number in the set, or 0 when it is empty.
   * @example Intervals.of([1, 2, 9]).max; // 9
   */
  get max(): number {
    return this.#bounds.at(-1) ?? 0;
  }

  /**
   * Whether `number` is in the set. O(log runs).
   * @example Intervals.of([1, 2, 9]).has(3); // false
   */
  has(number: number): boolean {
    const at = this.#firstEndingFrom(number);
    return at < this.#bounds.length && this.#bounds[at]! <= number;
  }

  /**
   * Whether every number of `other` is in this set.
   * @example Intervals.range(1, 9).covers(Intervals.of([2, 5])); // true
   */
  covers(other: Intervals): boolean {
    const otherBounds = other.#bounds;
    for (let at = 0; at < otherBounds.length; at += 2)
      if (!this.#coversRange(otherBounds[at]!, otherBounds[at + 1]!)) return false;
    return true;
  }

  /**
   * Whether both sets hold the same numbers.
   * @example Intervals.of([1, 2]).equals(Intervals.range(1, 2)); // true
   */
  equals(other: Intervals): boolean {
    const otherBounds = other.#bounds;
    return (
      this.#bounds.length === otherBounds.length &&
      this.#bounds.every((bound, at) => bound === otherBounds[at])
    );
  }

  /**
   * Adds one number.
   * @example seen.add(7);
   */
  add(number: number): void {
    this.addRange(number, number);
  }

  /**
   * Adds all numbers from `low` to `high`, both inclusive. Does nothing if `high < low`.
   * @example seen.addRange(7, 12);
   */
  addRange(low: number, high: number): void {
    if (high < low) return;
    const bounds = this.#bounds;
    const last = bounds.length - 1;
    if (last < 0 || low > bounds[last]!) {
      push(bounds, low, high);
      return;
    }
    const from = this.#firstEndingFrom(low - 1);
    let to = from;
    let start = low;
    let end = high;
    while (to < bounds.length && bounds[to]! <= high + 1) {
      start = Math.min(start, bounds[to]!);
      end = Math.max(end, bounds[to + 1]!);
      to += 2;
    }
    if (to === from + 2) {
      bounds[from] = start;
      bounds[from + 1] = end;
    } else {
      bounds.splice(from, to - from, start, end);
    }
  }

  /**
   * Adds every number of `other`. Many new intervals are added in one pass over the part that they span.
   * @example seen.addAll(fragment.seen);
   */
  addAll(other: Intervals): void {
    const otherBounds = other.#bounds;
    if (otherBounds.length <= 2 * MAX_SINGLE_INSERTS) {
      for (let at = 0; at < otherBounds.length; at += 2)
        this.addRange(otherBounds[at]!, otherBounds[at + 1]!);
      return;
    }
    const added = [...other].filter(([low, high]) => !this.#coversRange(low, high));
    if (added.length <= MAX_SINGLE_INSERTS) {
      for (const [low, high] of added) this.addRange(low, high);
      return;
    }
    const from = this.#firstEndingFrom(added[0]![0] - 1);
    const to = this.#firstEndingFrom(added.at(-1)![1] + 1);
    const union = this.#bounds.slice(0, from);
    let next = from;
    for (const [low, high] of added) {
      for (; next < to && this.#bounds[next]! < low; next += 2)
        push(union, this.#bounds[next]!, this.#bounds[next + 1]!);
      push(union, low, high);
    }
    for (; next < to; next += 2) push(union, this.#bounds[next]!, this.#bounds[next + 1]!);
    const rest = this.#bounds.slice(to);
    if (rest.length > 0) push(union, rest[0]!, rest[1]!);
    this.#bounds = union.concat(rest.slice(2));
  }

  /**
   * The numbers of this set that are not in `other`, as a new set.
   * @example const missing = tokyo.seenOf("tokyo").without(paris.seenOf("tokyo"));
   */
  without(other: Intervals): Intervals {
    const remaining: number[] = [];
    const otherBounds = other.#bounds;
    let at = 0;
    for (const [low, high] of this) {
      let start = low;
      while (at < otherBounds.length && otherBounds[at + 1]! < start) at += 2;
      for (let hole = at; hole < otherBounds.length && otherBounds[hole]! <= high; hole += 2) {
        if (otherBounds[hole]! > start) remaining.push(start, otherBounds[hole]! - 1);
        start = otherBounds[hole + 1]! + 1;
      }
      if (start <= high) remaining.push(start, high);
    }
    return new Intervals(remaining);
  }

  /**
   * Removes every number of `other`.
   * @example seen.removeAll(Intervals.of([7]));
   */
  removeAll(other: Intervals): void {
    if (!other.isEmpty) this.#bounds = this.without(other).#bounds;
  }

  /**
   * A copy of the set.
   * @example const before = seen.copy();
   */
  copy(): Intervals {
    return new Intervals(this.#bounds.slice());
  }

  /** The intervals, lowest first. */
  *[Symbol.iterator](): Generator<readonly [low: number, high: number]> {
    for (let at = 0; at < this.#bounds.length; at += 2) yield [this.#bounds[at]!, this.#bounds[at + 1]!];
  }

  #coversRange(low: number, high: number): boolean {
    const at = this.#firstEndingFrom(low);
    return at < this.#bounds.length && this.#bounds[at]! <= low && this.#bounds[at + 1]! >= high;
  }

  /** The index of the first interval that ends at `number` or above. */
  #firstEndingFrom(number: number): number {
    let low = 0;
    let high = this.#bounds.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#bounds[middle * 2 + 1]! < number) low = middle + 1;
      else high = middle;
    }
    return low * 2;
  }
}

/** Most inputs are ascending, and sorting them would cost more than everything else. */
function isAscending(numbers: readonly number[]): boolean {
  for (let at = 1; at < numbers.length; at++) if (numbers[at]! < numbers[at - 1]!) return false;
  return true;
}

/** Appends an interval that does not start below the last one. */
function push(bounds: number[], low: number, high: number): void {
  const last = bounds.length - 1;
  if (last >= 0 && low <= bounds[last]! + 1) bounds[last] = Math.max(bounds[last]!, high);
  else bounds.push(low, high);
}
