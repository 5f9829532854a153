import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { bundle } from "../support/bundle.ts";
import { NodeLog } from "./node-log.ts";

let program: Awaited<ReturnType<typeof bundle>>;
let relay: PubSub;
const workers: Worker[] = [];

beforeAll(async () => {
  program = await bundle(new URL("./cluster-node.ts", import.meta.url));
  relay = clusterPubSub();
});

afterAll(async () => {
  await relay.close();
  program.remove();
});

afterEach(async () => {
  for (const worker of workers.splice(0)) {
    if (worker.isDead()) continue;
    const exited = once(worker, "exit");
    process.kill(worker.process.pid!, "SIGKILL");
    await exited;
  }
});

/** Forks a process and waits until it listens. `start` creates its tracker. */
async function node(replicaName: string) {
  cluster.setupPrimary({ exec: program.path, execArgv: [], serialization: "json" });
  const worker = cluster.fork();
  workers.push(worker);
  const log = new NodeLog();
  worker.on("message", (entry) => {
    // The pub/sub of the worker uses the same channel.
    if (!("type" in entry)) log.write(entry);
  });
  await log.until(() => log.has("listening"), `${replicaName} to listen`);
  return {
    log,
    start: (options = {}) => worker.send({ start: { replicaName, ...options } }),
    synced: () => log.until(() => log.has("synced", true), `${replicaName} to be synced`),
    track: (key: string) => worker.send({ track: { owner: `session of ${key}`, topic: "lobby", key } }),
    close: () => worker.send({ close: true }),
    exit: () => (worker.isDead() ? Promise.resolve() : once(worker, "exit")),
    kill: () => process.kill(worker.process.pid!, "SIGKILL"),
  };
}

async function threeNodes() {
  const [tokyo, paris, lima] = [await node("tokyo"), await node("paris"), await node("lima")];
  for (const each of [tokyo, paris, lima]) each.start();
  for (const each of [tokyo, paris, lima]) await each.synced();
  tokyo.track("alice");
  paris.track("bob");
  lima.track("carol");
  for (const each of [tokyo, paris, lima]) await each.log.lists("alice", "bob", "carol");
  return { tokyo, paris, lima };
}

it("the presences of a killed process leave in time, and no others", async () => {
  const { tokyo, paris, lima } = await threeNodes();
  const counts = [tokyo, paris].map(({ log }) => log.entries.length);
  lima.kill();
  await tokyo.log.lists("alice", "bob");
  await paris.log.lists("alice", "bob");
  for (const [at, { log }] of [tokyo, paris].entries()) {
    await log.until(() => log.has("replica-down", "lima"), "the event that lima is down");
    expect(log.entries.slice(counts[at])).toEqual(
      expect.arrayContaining([{ "replica-down": "lima" }, { joins: [], leaves: ["carol"] }]),
    );
    expect(log.entries.length).toBe(counts[at]! + 2);
  }
  tokyo.track("dave");
  await paris.log.lists("alice", "bob", "dave");
}, 60_000);

it("a restarted process replaces the killed one of the same name", async () => {
  const { tokyo, paris, lima } = await threeNodes();
  lima.kill();
  const again = await node("lima");
  again.start();
  await again.synced();
  again.track("erin");
  for (const { log } of [tokyo, paris, again]) await log.lists("alice", "bob", "erin");
  for (const { log } of [tokyo, paris])
    await log.until(() => log.has("replica-permdown", "lima"), "the event that the former lima is gone");
}, 60_000);

it("the presences of a process that closes leave at once", async () => {
  const { tokyo, paris, lima } = await threeNodes();
  lima.close();
  await lima.exit();
  for (const { log } of [tokyo, paris]) {
    await log.lists("alice", "bob");
    await log.until(() => log.has("replica-permdown", "lima"), "the event that lima has left");
    expect(log.has("replica-down")).toBe(false);
  }
  expect(lima.log.has("closed")).toBe(true);
  for (const { log } of [tokyo, paris, lima])
    expect([log.has("error"), log.has("warning")]).toEqual([false, false]);
}, 60_000);
