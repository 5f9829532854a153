import { equal, ok } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { Tracker } from "../../src/tracker/tracker.ts";
import type { Figure } from "../figure.ts";
import { heapBytes } from "../measure.ts";
import type { Subject } from "../subject.ts";
import type { Share } from "./claims.ts";
import { type Found, figuresOf, growthOf } from "./figures.ts";
import type { TrackerFill } from "./fill-tracker.ts";
import { AtHand, type Kind, sharesOf } from "./kinds.ts";
import { readSnapshot } from "./read-snapshot.ts";

/** Below this, what any tracker has would show in the figures. */
const LEAST = 100_000;
/** Its code is compiled, and that of the snapshot, before it counts. */
const WARM_UP = 5_000;
/** Some periods, after which all is said that waits to be said. */
const PEACE_MS = 4_000;
/** As much of the heap as no kind may explain. */
const UNEXPLAINED = 0.1;

/** How many bytes of heap a presence takes by its statistics, and of what by a snapshot. */
export function trackerHeap(how: string, fill: () => TrackerFill): Subject {
  return async ({ sizes }) => {
    const large = sizes.filter((one) => one >= LEAST);
    if (large.length === 0)
      throw new RangeError(`Of sizes below ${LEAST} this says nothing; ask for larger ones.`);
    await look(WARM_UP, fill());
    const found: Found[] = [];
    for (const size of large) found.push(await look(size, fill()));
    for (const one of found) assertExplained(one);
    return found.flatMap((one, at): Figure[] =>
      figuresOf(how, one, at === found.length - 1 ? found[0] : undefined),
    );
  };
}

async function look(size: number, fill: TrackerFill): Promise<Found> {
  const start = heapBytes();
  const before = await shares();
  const atHand = new AtHand(Array.from({ length: size }, fill.createOwner));
  const ready = heapBytes();
  const tracker = await fill.run(atHand.owners);
  await pause(PEACE_MS);
  const unread = heapBytes();
  equal(listAll(tracker), size);
  const read = heapBytes();
  const after = await shares();
  equal(after.entries.objects - before.entries.objects, size);
  equal(atHand.owners.length, size);
  await tracker.close();
  return {
    size,
    owners: (ready - start) / size,
    unread: (unread - ready) / size,
    read: (read - ready) / size,
    kinds: growthOf(before, after, size),
  };
}

async function shares(): Promise<Record<Kind | "rest", Share>> {
  return sharesOf(await readSnapshot());
}

/** Each meta is handed out, as where diffs are listened to. */
function listAll(tracker: Tracker): number {
  let sum = 0;
  for (const topic of tracker.topics()) sum += tracker.list(topic).length;
  return sum;
}

function assertExplained({ owners, read, kinds }: Found): void {
  const explained = kinds.reduce((sum, { bytes }) => sum + bytes, 0) / (owners + read);
  const text = `the kinds of the snapshot explain ${(100 * explained).toFixed(1)} % of the heap`;
  ok(Math.abs(1 - explained) <= UNEXPLAINED, text);
}
