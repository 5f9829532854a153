import type { Fragment, LeavePair, LiveDot } from "../crdt/fragment.ts";
import { dotsOf } from "../crdt/fragment.ts";
import { Intervals } from "../crdt/intervals.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { RECORD, zigzag } from "./format.ts";
import { assertDepth } from "./limits.ts";

/**
 * Writes the records of one fragment. Dots and owners are written as differences to the previous ones, so in a burst of
 * joins each takes one byte.
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

  leave({ leave, ended }: LeavePair): void {
    this.#tag(RECORD.leave, leave);
    this.#writer.number(leave - ended);
  }

  /** Dots that the fragment has seen and does not name one by one. */
  interval(low: number, high: number): void {
    this.#tag(RECORD.interval, low);
    this.#writer.number(high - low);
    this.#dot = high;
  }

  /** Everything that the fragment has seen except its live dots. */
  leavesAndIntervals(fragment: Fragment): void {
    for (const pair of fragment.leaves) this.leave(pair);
    for (const [low, high] of unnamedIntervals(fragment)) this.interval(low, high);
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
 * The dots of `seen` that no record names, as one interval for each interval of `seen`. Named dots in between are
 * covered as well, because leaving them out would cost more bytes.
 */
function* unnamedIntervals({
  seen,
  live,
  leaves,
}: Fragment): Generator<readonly [low: number, high: number]> {
  if (seen.size === live.length + 2 * leaves.length) return;
  const unnamed = [...seen.without(Intervals.of(dotsOf(live, leaves)))];
  let next = 0;
  for (const [, high] of seen) {
    const first = next;
    while (next < unnamed.length && unnamed[next]![1] <= high) next++;
    if (next > first) yield [unnamed[first]![0], unnamed[next - 1]![1]];
  }
}
