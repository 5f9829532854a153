import { joinToNumber } from "../latency/join-to-visible.ts";
import type { Suite } from "../subject.ts";
import { blogChanges } from "./blog-changes.ts";
import { openPages } from "./open-pages.ts";
import { remoteHeap } from "./remote-heap.ts";
import { wireBytes } from "./wire-bytes.ts";

/**
 * The cost of counts: a page that opens, shows the number of its readers, and is one of them; and what other nodes
 * pay for it, and how late they show it, with presences and with `replicate: "counts"`.
 */
export const counts: Suite = {
  openPages,
  wireBytes,
  blogChanges,
  remoteHeap,
  staleness: joinToNumber("redis", 30),
};
