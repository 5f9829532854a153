import { EventEmitter } from "node:events";
import { Crowd } from "../crdt/crowd.ts";
import type { Suite } from "../suite.ts";
import { atOwner, atReceiver } from "./fills.ts";
import { lookInto } from "./look-into.ts";

/** What a presence takes of the heap of a tracker, and where it goes. */
export const memory: Suite = {
  strings: lookInto("owners are strings", () => {
    const crowd = new Crowd(2);
    return atOwner(() => crowd.next().key);
  }),
  sockets: lookInto("owners are sockets", () => atOwner(() => new EventEmitter())),
  receiver: lookInto("at a receiver", atReceiver),
};
