import { equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { atMost, type Figure } from "../figure.ts";
import { heapBytesOf, rounds } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { joinAll, PersonStream } from "./person-stream.ts";
import { PARIS, TOKYO } from "./push-bytes.ts";
import { decodeDelta, RemoteReplica } from "./remote-replica.ts";

/** Below this, what any set has would show in the figure. */
const LEAST = 100_000;
const BATCH = 1_000;

/** Heap bytes a presence: strings, metas and all. */
export function memory({ runs, sizes }: Effort): Figure[] {
  return sizes.filter((size) => size >= LEAST).flatMap((size, at) => figuresAt(size, runs, at === 0));
}

function figuresAt(size: number, runs: number, isFirst: boolean): Figure[] {
  // Bytes lie outside of the heap.
  const messages = [...new RemoteReplica(TOKYO.id).messages(size)];
  const { owner, unread, read, keyed } = rounds(runs, () => ({
    owner: owned(size),
    ...heard(messages, size),
  }));
  const target = atMost(330);
  const work = `heap of a presence, of ${grouped(size)},`;
  return [
    { work: `${work} at its owner`, unit: "B", samples: owner, target },
    {
      work: `${work} at a receiver, not yet read`,
      unit: "B",
      samples: unread,
      target,
      ...(isFirst && { floor: "at a receiver" }),
    },
    { work: `${work} at a receiver, once read`, unit: "B", samples: read, target },
    { work: `${work} at a receiver, once read, by key too`, unit: "B", samples: keyed, target },
  ];
}

function owned(size: number): number {
  const [set, bytes] = heapBytesOf(() => {
    const tokyo = new PresenceSet({ replica: TOKYO.id });
    const crowd = new PersonStream();
    for (let left = size; left > 0; left -= BATCH) joinAll(tokyo, crowd.take(Math.min(left, BATCH)));
    return tokyo;
  });
  equal(set.seenOf(TOKYO.id).size, size);
  return bytes / size;
}

/** Before any meta was read; once each was handed out, and kept by nobody; and once every topic was read by key. */
function heard(
  messages: readonly Uint8Array[],
  size: number,
): { unread: number; read: number; keyed: number } {
  const [set, unread] = heapBytesOf(() => {
    const paris = new PresenceSet({ replica: PARIS.id });
    paris.show(TOKYO.id);
    for (const bytes of messages) paris.merge(decodeDelta(bytes));
    return paris;
  });
  const [listed, more] = heapBytesOf(() => {
    let sum = 0;
    for (const topic of set.topics()) sum += set.list(topic).length;
    return sum;
  });
  equal(listed, size);
  const [keys, index] = heapBytesOf(() => {
    let sum = 0;
    for (const topic of set.topics()) sum += set.keyCount(topic);
    return sum;
  });
  equal(keys, size);
  return { unread: unread / size, read: (unread + more) / size, keyed: (unread + more + index) / size };
}
