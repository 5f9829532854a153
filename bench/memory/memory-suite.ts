import { EventEmitter } from "node:events";
import { PersonStream } from "../crdt/person-stream.ts";
import type { Suite } from "../subject.ts";
import { countedHeap } from "./counted-heap.ts";
import { fillByMessages, fillByTrack } from "./fill-tracker.ts";
import { trackerHeap } from "./tracker-heap.ts";

/** The heap of a presence in a tracker, how much of it the set and the owners take, and that of one that is only counted. */
export const memory: Suite = {
  strings: trackerHeap("string owners", () => {
    const people = new PersonStream(2);
    return fillByTrack(() => people.next().key);
  }),
  sockets: trackerHeap("socket owners", () => fillByTrack(() => new EventEmitter())),
  receiver: trackerHeap("at a receiver", fillByMessages),
  counted: countedHeap,
};
