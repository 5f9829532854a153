import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, it } from "vitest";
import { broadcastChannelPubSub } from "../../src/pubsub/broadcast-channel.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import { bundle } from "../support/bundle.ts";
import { NodeLog } from "./node-log.ts";

let program: Awaited<ReturnType<typeof bundle>>;

beforeAll(async () => {
  program = await bundle(new URL("./cluster-node.ts", import.meta.url));
});

afterAll(() => program.remove());

it("a thread that is terminated takes its presences with it, and the others go on", async () => {
  const pubsub = broadcastChannelPubSub();
  const main = await createTracker({
    pubsub,
    replicaName: "main",
    broadcastPeriodMs: 300,
    maxSilentPeriods: 1,
    downPeriodMs: 2_400,
  });
  const diary = new NodeLog();
  main.on("diff", (diff) => {
    for (const [, { joins, leaves }] of diff)
      diary.write({ joins: Object.keys(joins), leaves: Object.keys(leaves) });
  });
  main.on("replica-down", ({ name }) => diary.write({ "replica-down": name }));
  const threads = ["tokyo", "paris"].map((replicaName) => {
    const thread = new Worker(program.path);
    thread.postMessage({ start: { replicaName } });
    const told = new NodeLog();
    thread.on("message", told.write);
    return { thread, told, replicaName };
  });
  for (const { told, replicaName } of threads) {
    await told.until(() => told.has("synced", true), `${replicaName} to be synced`);
  }
  const [tokyo, paris] = threads;
  tokyo!.thread.postMessage({ track: { owner: "session", topic: "lobby", key: "alice" } });
  paris!.thread.postMessage({ track: { owner: "session", topic: "lobby", key: "bob" } });
  await diary.lists("alice", "bob");

  await tokyo!.thread.terminate();
  await diary.lists("bob");
  expect(diary.has("replica-down", "tokyo")).toBe(true);
  await paris!.told.lists("bob");
  main.track("session", "lobby", "carol");
  await paris!.told.lists("bob", "carol");

  await paris!.thread.terminate();
  await main.close();
  await pubsub.close();
}, 60_000);
