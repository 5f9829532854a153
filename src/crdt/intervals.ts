/** The largest event number: three bits short of a safe integer, which the wire puts beside it. */
export const MAX_DOT: number = 2 ** 50 - 1;

/** Up to so many intervals are put in one by one: each may move all that come after it. */
const FEW = 8;

/**
 * A set of event numbers, kept as sorted, disjoint, non-adjacent intervals. What a replica knows of another is
 * nearly always one interval, `[1..n]`, so every operation costs what the *intervals* cost, never their length.
 *
 * @example
 * const seen = Intervals.range(1, 5);
 * seen.add(7);
 * seen.has(6);                        // false
 * [...seen];                          // [[1, 5], [7, 7]]
 */
export class Intervals implements Iterable<readonly [low: number, high: number]> {
  /** `[low, high, low, high, …]`, both ends in. */
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
   * All numbers from `low` to `high`, both in; none when `high < low`.
   * @example Intervals.range(1, 3).size; // 3
   */
  static range(low: number, high: number): Intervals {
    return new Intervals(high < low ? [] : [low, high]);
  }

  /**
   * The set of these numbers, given in any order.
   * @example [...Intervals.of([3, 1, 2, 9])]; // [[1, 3], [9, 9]]
   */
  static of(numbers: readonly number[]): Intervals {
    const bounds: number[] = [];
    for (const number of isAscending(numbers) ? numbers : Float64Array.from(numbers).sort())
      push(bounds, number, number);
    return new Intervals(bounds);
  }

  /**
   * How many numbers are in the set.
   * @example Intervals.range(1, 3).size; // 3
   */
  get size(): number {
    let size = 0;
    for (let at = 0; at < this.#bounds.length; at += 2) size += this.#bounds[at + 1]! - this.#bounds[at]! + 1;
    return size;
  }

  /**
   * How many intervals it takes to write the set down.
   * @example Intervals.of([1, 2, 9]).runs; // 2
   */
  get runs(): number {
    return this.#bounds.length / 2;
  }

  /**
   * Whether nothing is in the set.
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
    const at = this.#reaching(number);
    return at < this.#bounds.length && this.#bounds[at]! <= number;
  }

  /**
   * Whether every number of `other` is in this set.
   * @example Intervals.range(1, 9).covers(Intervals.of([2, 5])); // true
   */
  covers(other: Intervals): boolean {
    for (const [low, high] of other) if (!this.#coversRange(low, high)) return false;
    return true;
  }

  /**
   * Whether both sets hold the same numbers.
   * @example Intervals.of([1, 2]).equals(Intervals.range(1, 2)); // true
   */
  equals(other: Intervals): boolean {
    const theirs = other.#bounds;
    return this.#bounds.length === theirs.length && this.#bounds.every((bound, at) => bound === theirs[at]);
  }

  /**
   * Adds one number.
   * @example seen.add(7);
   */
  add(number: number): void {
    this.addRange(number, number);
  }

  /**
   * Adds all numbers from `low` to `high`, both in; none when `high < low`.
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
    const from = this.#reaching(low - 1);
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
   * Adds every number of `other`: a few new intervals one by one, many in one walk over the part that they span.
   * @example seen.addAll(fragment.seen);
   */
  addAll(other: Intervals): void {
    const added = [...other].filter(([low, high]) => !this.#coversRange(low, high));
    if (added.length <= FEW) {
      for (const [low, high] of added) this.addRange(low, high);
      return;
    }
    const from = this.#reaching(added[0]![0] - 1);
    const to = this.#reaching(added.at(-1)![1] + 1);
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
    const left: number[] = [];
    const theirs = other.#bounds;
    let at = 0;
    for (const [low, high] of this) {
      let start = low;
      while (at < theirs.length && theirs[at + 1]! < start) at += 2;
      for (let hole = at; hole < theirs.length && theirs[hole]! <= high; hole += 2) {
        if (theirs[hole]! > start) left.push(start, theirs[hole]! - 1);
        start = theirs[hole + 1]! + 1;
      }
      if (start <= high) left.push(start, high);
    }
    return new Intervals(left);
  }

  /**
   * Takes every number of `other` out.
   * @example seen.removeAll(Intervals.of([7]));
   */
  removeAll(other: Intervals): void {
    if (!other.isEmpty) this.#bounds = this.without(other).#bounds;
  }

  /**
   * A set of its own with the same numbers.
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
    const at = this.#reaching(low);
    return at < this.#bounds.length && this.#bounds[at]! <= low && this.#bounds[at + 1]! >= high;
  }

  /** Where the first interval starts that ends at `number` or above. */
  #reaching(number: number): number {
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

/** As most come: to sort them costs more than all the rest. */
function isAscending(numbers: readonly number[]): boolean {
  for (let at = 1; at < numbers.length; at++) if (numbers[at]! < numbers[at - 1]!) return false;
  return true;
}

/** Appends an interval that starts no lower than the last one does. */
function push(bounds: number[], low: number, high: number): void {
  const last = bounds.length - 1;
  if (last >= 0 && low <= bounds[last]! + 1) bounds[last] = Math.max(bounds[last]!, high);
  else bounds.push(low, high);
}
