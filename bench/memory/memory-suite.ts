import { EventEmitter } from "node:events";
import { PersonStream } from "../crdt/person-stream.ts";
import type { Suite } from "../subject.ts";
import { fillByMessages, fillByTrack } from "./fill-tracker.ts";
import { trackerHeap } from "./tracker-heap.ts";

/** What a presence takes of the heap of a tracker, and where it goes. */
export const memory: Suite = {
  strings: trackerHeap("owners are strings", () => {
    const crowd = new PersonStream(2);
    return fillByTrack(() => crowd.next().key);
  }),
  sockets: trackerHeap("owners are sockets", () => fillByTrack(() => new EventEmitter())),
  receiver: trackerHeap("at a receiver", fillByMessages),
};
