import { equal } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { countOnly } from "../../src/presence/count-only.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { PersonStream } from "../crdt/person-stream.ts";
import { atMost, type Figure } from "../figure.ts";
import { heapBytes } from "../measure.ts";
import { QUIET_MS, WARM_UP } from "./tracker-heap.ts";

const READERS = 100_000;
const TOPICS = 1_000;

/** The heap of a presence at its own node if readers see only counts: one key, no metas, and every topic was counted. */
export async function countedHeap(): Promise<Figure[]> {
  await measure(WARM_UP);
  return [
    {
      work: "heap of a presence, of 100 000, at its own node with countOnly, string owners",
      unit: "B",
      samples: [await measure(READERS)],
      target: atMost(200),
      floor: "with countOnly",
    },
  ];
}

async function measure(size: number): Promise<number> {
  const people = new PersonStream();
  const owners = Array.from({ length: size }, () => people.next().key);
  const before = heapBytes();
  const presence = await createPresence({ pubsub: memoryPubSub(), fetch: countOnly("readers") });
  for (const [at, owner] of owners.entries()) presence.track(owner, `article ${at % TOPICS}`, "readers");
  let counted = 0;
  for (const topic of presence.topics()) counted += presence.counts(topic).readers.count;
  equal(counted, size);
  await pause(QUIET_MS);
  const bytes = heapBytes() - before;
  // Keeps the owners alive until here.
  equal(owners.length, size);
  await presence.close();
  return bytes / size;
}
