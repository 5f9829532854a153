import type { Suite } from "../subject.ts";
import { awareness } from "./awareness.ts";
import { aworset } from "./aworset.ts";
import { ephemeralStore } from "./ephemeral-store.ts";
import { sideBySide } from "./side-by-side.ts";

/**
 * The set beside what else there is for Node. Ours does more with each: it knows topics, owners and several presences of
 * one key, tells who came and left, and takes out all of a node that died; and nobody has to repeat himself to stay.
 */
export const peers: Suite = {
  awareness: sideBySide({
    name: "y-protocols awareness",
    create: awareness,
    size: 10_000,
    comers: 2_000,
    ahead: ["set"],
  }),
  ephemeralStore: sideBySide({
    name: "loro-crdt EphemeralStore",
    create: ephemeralStore,
    size: 10_000,
    comers: 200,
    ahead: ["set", "bytes", "one"],
  }),
  aworset: sideBySide({
    name: "delta-crdts aworset",
    create: aworset,
    size: 5_000,
    comers: 50,
    isInMemory: true,
    ahead: ["set", "one"],
  }),
};
