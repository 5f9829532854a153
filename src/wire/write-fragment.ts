import type { Fragment, LeavePair, LiveDot } from "../crdt/fragment.ts";
import { dotsOf } from "../crdt/fragment.ts";
import { Intervals } from "../crdt/intervals.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { RECORD } from "./format.ts";
import { assertDepth } from "./limits.ts";
import { zigzag } from "./zigzag.ts";

/**
 * Writes the records of one fragment. Dots and owners are written as differences to the ones before, so a burst of
 * joins costs a byte for each.
 */
export class FragmentWriter {
  readonly #writer: ByteWriter;
  #dot = 0;
  #owner = 0;

  constructor(writer: ByteWriter) {
    this.#writer = writer;
  }

  live({ dot, owner, topic, key, content, replaced }: LiveDot): void {
    const writer = this.#writer;
    assertDepth(content);
    this.#tag(replaced > 0 ? RECORD.update : RECORD.join, dot);
    if (replaced > 0) writer.number(dot - replaced);
    writer.difference(owner - this.#owner);
    this.#owner = owner;
    writer.text(writer.topics, topic);
    writer.text(writer.keys, key);
    writer.text(writer.metas, JSON.stringify(content));
  }

  leave({ leave, dead }: LeavePair): void {
    this.#tag(RECORD.leave, leave);
    this.#writer.number(leave - dead);
  }

  /** Dots that have been seen and are not named one by one. */
  interval(low: number, high: number): void {
    this.#tag(RECORD.interval, low);
    this.#writer.number(high - low);
    this.#dot = high;
  }

  /** All that the fragment has seen beside its live dots. */
  leavesAndIntervals(fragment: Fragment): void {
    for (const pair of fragment.leaves) this.leave(pair);
    for (const [low, high] of restOf(fragment)) this.interval(low, high);
  }

  end(): void {
    this.#writer.byte(0);
  }

  #tag(kind: number, dot: number): void {
    this.#writer.number(zigzag(dot - this.#dot) * 4 + kind);
    this.#dot = dot;
  }
}

/**
 * What the named dots leave of `seen`, in as few intervals as it takes: named dots in between are covered again,
 * because a hole for each would cost more than the dot.
 */
function* restOf({ seen, live, leaves }: Fragment): Generator<readonly [low: number, high: number]> {
  if (seen.size === live.length + 2 * leaves.length) return;
  const rest = [...seen.without(Intervals.of(dotsOf(live, leaves)))];
  let next = 0;
  for (const [, high] of seen) {
    const first = next;
    while (next < rest.length && rest[next]![1] <= high) next++;
    if (next > first) yield [rest[first]![0], rest[next - 1]![1]];
  }
}
