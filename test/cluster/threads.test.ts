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

it("the presences of a terminated thread leave, and the other threads go on", async () => {
  const pubsub = broadcastChannelPubSub();
  const main = await createTracker({
    pubsub,
    replicaName: "main",
    broadcastPeriodMs: 300,
    maxSilentPeriods: 1,
    downPeriodMs: 2_400,
  });
  const mainLog = new NodeLog();
  main.on("diff", (diff) => {
    for (const [, { joins, leaves }] of diff)
      mainLog.write({ joins: Object.keys(joins), leaves: Object.keys(leaves) });
  });
  main.on("replica-down", ({ name }) => mainLog.write({ "replica-down": name }));
  const threads = ["tokyo", "paris"].map((replicaName) => {
    const thread = new Worker(program.path);
    thread.postMessage({ start: { replicaName } });
    const log = new NodeLog();
    thread.on("message", log.write);
    return { thread, log, replicaName };
  });
  for (const { log, replicaName } of threads) {
    await log.until(() => log.has("synced", true), `${replicaName} to be synced`);
  }
  const [tokyo, paris] = threads;
  tokyo!.thread.postMessage({ track: { owner: "session", topic: "lobby", key: "alice" } });
  paris!.thread.postMessage({ track: { owner: "session", topic: "lobby", key: "bob" } });
  await mainLog.lists("alice", "bob");

  await tokyo!.thread.terminate();
  await mainLog.lists("bob");
  expect(mainLog.has("replica-down", "tokyo")).toBe(true);
  await paris!.log.lists("bob");
  main.track("session", "lobby", "carol");
  await paris!.log.lists("bob", "carol");

  await paris!.thread.terminate();
  await main.close();
  await pubsub.close();
}, 60_000);
