import { equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { atMost, type Figure } from "../figure.ts";
import { heapBytesOf, rounds } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { joinAll, PersonStream } from "./person-stream.ts";
import { PARIS, TOKYO } from "./push-bytes.ts";
import { decodeDelta, RemoteReplica } from "./remote-replica.ts";

/** In smaller states, the fixed memory of a set would show in the figures. */
const SMALLEST = 100_000;
const BATCH = 1_000;

/** Heap bytes per presence, including its strings, meta and indexes. */
export function memory({ runs, sizes }: Effort): Figure[] {
  return sizes.filter((size) => size >= SMALLEST).flatMap((size, at) => figuresAt(size, runs, at === 0));
}

function figuresAt(size: number, runs: number, isFirst: boolean): Figure[] {
  // The bytes are outside the heap.
  const messages = [...new RemoteReplica(TOKYO.id).messages(size)];
  const { owner, unread, read, keyed } = rounds(runs, () => ({
    owner: heapAtOwner(size),
    ...heapAtReceiver(messages, size),
  }));
  const target = atMost(330);
  const work = `heap of a presence, of ${grouped(size)},`;
  return [
    { work: `${work} at its owner`, unit: "B", samples: owner, target },
    {
      work: `${work} at a receiver, metas not read yet`,
      unit: "B",
      samples: unread,
      target,
      ...(isFirst && { floor: "at a receiver" }),
    },
    { work: `${work} at a receiver, once each meta was read`, unit: "B", samples: read, target },
    {
      work: `${work} at a receiver, once every topic was read by key too`,
      unit: "B",
      samples: keyed,
      target,
    },
  ];
}

function heapAtOwner(size: number): number {
  const [set, bytes] = heapBytesOf(() => {
    const tokyo = new PresenceSet({ replica: TOKYO.id });
    const people = new PersonStream();
    for (let left = size; left > 0; left -= BATCH) joinAll(tokyo, people.take(Math.min(left, BATCH)));
    return tokyo;
  });
  equal(set.seenOf(TOKYO.id).size, size);
  return bytes / size;
}

/** Before any meta is read, once each was read but not kept, and once every topic was read by key. */
function heapAtReceiver(
  messages: readonly Uint8Array[],
  size: number,
): { unread: number; read: number; keyed: number } {
  const [set, unread] = heapBytesOf(() => {
    const paris = new PresenceSet({ replica: PARIS.id });
    paris.show(TOKYO.id);
    for (const bytes of messages) paris.merge(decodeDelta(bytes));
    return paris;
  });
  const [listed, metas] = heapBytesOf(() => {
    let sum = 0;
    for (const topic of set.topics()) sum += set.list(topic).length;
    return sum;
  });
  equal(listed, size);
  const [keys, index] = heapBytesOf(() => {
    let sum = 0;
    for (const topic of set.topics()) {
      // Builds the key index. The key does not exist.
      set.getByKey(topic, "");
      sum += set.keyCount(topic);
    }
    return sum;
  });
  equal(keys, size);
  return { unread: unread / size, read: (unread + metas) / size, keyed: (unread + metas + index) / size };
}
