/**
 * Three trackers in one process: a user moves between nodes, and nodes shut down. docs/tracker.md.
 *
 *     npm run example:three-nodes
 */
import "./support/print-help.ts";

import { setTimeout as pause } from "node:timers/promises";
import { createTracker, memoryPubSub } from "../src/index.ts";

// The nodes share a bus in this process. In production, each node is a process of its own.
const pubsub = memoryPubSub();
const startNode = (replicaName: string) =>
  createTracker({ pubsub, replicaName, broadcastPeriodMs: 100, leaveDelayMs: 2_000 });
const [tokyo, paris, lima] = [await startNode("tokyo"), await startNode("paris"), await startNode("lima")];
for (const node of [tokyo, paris, lima]) await node.synced();

lima.on("diff", (diff, cause) => {
  for (const [topic, { joins, leaves }] of diff) {
    const changes = [
      ...Object.keys(joins).map((key) => `+${key}`),
      ...Object.keys(leaves).map((key) => `-${key}`),
    ];
    console.log(`lima sees ${changes.join(" ")} in ${topic} (${cause}): ${lima.count(topic)} reading`);
  }
});

console.log("alice opens the article in tokyo.");
tokyo.track("tab of alice", "article:7", "alice", { device: "phone" });
await nextDiff();

console.log("bob opens it in paris.");
paris.track("tab of bob", "article:7", "bob");
await nextDiff();

console.log("tokyo shuts down; alice's page reconnects to paris.");
await tokyo.close();
paris.track("new tab of alice", "article:7", "alice", { device: "phone" });
await nextDiff();

console.log("paris shuts down too, and its readers do not come back.");
await paris.close();
await nextDiff();
await lima.close();

/** Waits for the next diff at lima. Its timer keeps the process alive, which rollcall's timers do not. */
async function nextDiff(): Promise<void> {
  const stayAlive = new AbortController();
  void pause(60_000, undefined, { signal: stayAlive.signal }).catch(() => {});
  await new Promise((resolve) => lima.once("diff", resolve));
  stayAlive.abort();
}
