import type { Suite } from "../subject.ts";
import { yAwareness } from "./awareness.ts";
import { aworset } from "./aworset.ts";
import { ephemeralStore } from "./ephemeral-store.ts";
import { sideBySide } from "./side-by-side.ts";

/**
 * The set compared with other libraries for Node. Ours does more per entry: it indexes topics and owners, keeps several
 * presences per key, reports joins and leaves, and removes all presences of a dead node. Its entries do not expire.
 */
export const peers: Suite = {
  awareness: sideBySide({
    name: "y-protocols awareness",
    create: yAwareness,
    size: 10_000,
    joins: 2_000,
    floors: ["set"],
  }),
  ephemeralStore: sideBySide({
    name: "loro-crdt EphemeralStore",
    create: ephemeralStore,
    size: 10_000,
    joins: 200,
    floors: ["set", "bytes", "one"],
  }),
  aworset: sideBySide({
    name: "delta-crdts aworset",
    create: aworset,
    size: 5_000,
    joins: 50,
    isInMemory: true,
    floors: ["set", "one"],
  }),
};
