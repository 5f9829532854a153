import { equal } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { atMost, type Figure } from "../figure.ts";
import { heapBytes, heapBytesOf } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Subject } from "../subject.ts";
import type { TrackerFill } from "./fill-tracker.ts";

/** In smaller states, the fixed memory of a tracker would show in the figures. */
const SMALLEST = 100_000;
/** Compiles the code before the measurement. */
export const WARM_UP = 5_000;
/** Several periods, in which the tracker publishes all pending messages. */
export const QUIET_MS = 4_000;

/** Heap bytes per presence. */
interface PresenceHeap {
  readonly size: number;
  /** The owners alone, before they are tracked; undefined without owners. */
  readonly owners: number | undefined;
  /** The tracker without its owners, before any meta is read. */
  readonly unread: number;
  /** The tracker without its owners, once each meta was read. */
  readonly read: number;
  /** A bare set of the same presences, once each meta was read. */
  readonly set: number;
}

/** The heap of a presence in a tracker, next to that of the same presence in a bare set. */
export function trackerHeap(how: string, fill: () => TrackerFill): Subject {
  return async ({ sizes }) => {
    const large = sizes.filter((size) => size >= SMALLEST);
    if (large.length === 0) {
      throw new RangeError(`--sizes needs a size of at least ${SMALLEST}: smaller states say little.`);
    }
    await measureHeap(WARM_UP, fill());
    const heaps: PresenceHeap[] = [];
    for (const size of large) heaps.push(await measureHeap(size, fill()));
    return heaps.flatMap((heap) => figuresOf(how, heap, heaps[0]!));
  };
}

async function measureHeap(size: number, fill: TrackerFill): Promise<PresenceHeap> {
  const set = setHeap(size, fill);
  const start = heapBytes();
  const { createOwner } = fill;
  const owners = createOwner === undefined ? [] : Array.from({ length: size }, createOwner);
  const ready = heapBytes();
  const tracker = await fill.fillTracker(size, owners);
  await pause(QUIET_MS);
  const unread = heapBytes();
  equal(listAll(tracker), size);
  const read = heapBytes();
  // Keeps the owners alive until here.
  equal(owners.length, createOwner === undefined ? 0 : size);
  await tracker.close();
  return {
    size,
    owners: createOwner && (ready - start) / size,
    unread: (unread - ready) / size,
    read: (read - ready) / size,
    set,
  };
}

function setHeap(size: number, fill: TrackerFill): number {
  const [listed, bytes] = heapBytesOf(() => {
    const set = fill.fillSet(size);
    return { set, count: listAll(set) };
  });
  equal(listed.count, size);
  return bytes / size;
}

/** Reads every meta, as a `diff` listener does. */
function listAll(readable: { topics(): readonly string[]; list(topic: string): readonly unknown[] }): number {
  let sum = 0;
  for (const topic of readable.topics()) sum += readable.list(topic).length;
  return sum;
}

/** The smallest size has the floors; larger ones are compared with it. */
function figuresOf(how: string, heap: PresenceHeap, smallest: PresenceHeap): Figure[] {
  const { size, owners, unread, read, set } = heap;
  const floor = (name: string) => (heap === smallest ? { floor: name } : {});
  return [
    bytes(`heap of a presence, of ${grouped(size)}, ${how}, metas not read yet`, unread),
    bytes("… once each meta was read", read),
    { ...bytes("… in a bare set, once each meta was read", set), target: atMost(330), ...floor("the set") },
    { ...bytes("… what the tracker adds to the set", read - set), ...floor("added by the tracker") },
    ...(owners === undefined ? [] : [bytes("… and the owner itself", owners)]),
    ...(heap === smallest ? [] : [compare(heap, smallest)]),
  ];
}

function bytes(work: string, value: number): Figure {
  return { work, unit: "B", samples: [value] };
}

function compare(heap: PresenceHeap, smallest: PresenceHeap): Figure {
  return {
    work: `… once read, relative to one of ${grouped(smallest.size)}`,
    unit: "×",
    samples: [heap.read / smallest.read],
    target: atMost(1.05),
  };
}
