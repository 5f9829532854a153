import { setTimeout as pause } from "node:timers/promises";
import { createTracker, memoryPubSub } from "../src/index.ts";

/** A node on a bus that it shares with the others; on a real one each would be a process of its own. */
const pubsub = memoryPubSub();
const start = (replicaName: string) =>
  createTracker({ pubsub, replicaName, broadcastPeriodMs: 100, leaveDelayMs: 2_000 });
const [tokyo, paris, lima] = [await start("tokyo"), await start("paris"), await start("lima")];
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
await change();

console.log("bob opens it in paris.");
paris.track("tab of bob", "article:7", "bob");
await change();

console.log("tokyo shuts down; alice's page connects again, to paris.");
await tokyo.close();
paris.track("new tab of alice", "article:7", "alice", { device: "phone" });
await change();

console.log("paris shuts down too, and nobody comes back.");
await paris.close();
await change();
await lima.close();

/** A diff at lima; timers of rollcall alone would not keep this process alive. */
async function change(): Promise<void> {
  const stayAlive = new AbortController();
  void pause(60_000, undefined, { signal: stayAlive.signal }).catch(() => {});
  await new Promise((resolve) => lima.once("diff", resolve));
  stayAlive.abort();
}
