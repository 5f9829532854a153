import { EventEmitter } from "node:events";
import { Crowd } from "../crdt/person-stream.ts";
import type { Suite } from "../subject.ts";
import { atOwner, atReceiver } from "./fill-tracker.ts";
import { lookInto } from "./tracker-heap.ts";

/** What a presence takes of the heap of a tracker, and where it goes. */
export const memory: Suite = {
  strings: lookInto("owners are strings", () => {
    const crowd = new Crowd(2);
    return atOwner(() => crowd.next().key);
  }),
  sockets: lookInto("owners are sockets", () => atOwner(() => new EventEmitter())),
  receiver: lookInto("at a receiver", atReceiver),
};
