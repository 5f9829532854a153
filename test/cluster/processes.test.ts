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

/** A process with a tracker, once it listens; `start` it later. */
async function node(replicaName: string) {
  cluster.setupPrimary({ exec: program.path, execArgv: [], serialization: "json" });
  const worker = cluster.fork();
  workers.push(worker);
  const diary = new NodeLog();
  worker.on("message", (entry) => {
    // What the pub/sub of the worker says to the primary comes by the same channel.
    if (!("type" in entry)) diary.write(entry);
  });
  await diary.until(() => diary.has("listening"), `${replicaName} to listen`);
  return {
    diary,
    start: (options = {}) => worker.send({ start: { replicaName, ...options } }),
    synced: () => diary.until(() => diary.has("synced", true), `${replicaName} to be synced`),
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
  for (const each of [tokyo, paris, lima]) await each.diary.lists("alice", "bob", "carol");
  return { tokyo, paris, lima };
}

it("a process that is killed takes its presences with it, within the bound, and nothing else moves", async () => {
  const { tokyo, paris, lima } = await threeNodes();
  const told = [tokyo, paris].map(({ diary }) => diary.entries.length);
  lima.kill();
  await tokyo.diary.lists("alice", "bob");
  await paris.diary.lists("alice", "bob");
  for (const [at, { diary }] of [tokyo, paris].entries()) {
    await diary.until(() => diary.has("replica-down", "lima"), "told that lima is down");
    expect(diary.entries.slice(told[at])).toEqual(
      expect.arrayContaining([{ "replica-down": "lima" }, { joins: [], leaves: ["carol"] }]),
    );
    expect(diary.entries.length).toBe(told[at]! + 2);
  }
  tokyo.track("dave");
  await paris.diary.lists("alice", "bob", "dave");
}, 60_000);

it("a process that starts again under its name takes over from the one that was killed", async () => {
  const { tokyo, paris, lima } = await threeNodes();
  lima.kill();
  const again = await node("lima");
  again.start();
  await again.synced();
  again.track("erin");
  for (const { diary } of [tokyo, paris, again]) await diary.lists("alice", "bob", "erin");
  for (const { diary } of [tokyo, paris])
    await diary.until(() => diary.has("replica-permdown", "lima"), "told that the lima of before is gone");
}, 60_000);

it("a process that closes says so, and its presences leave at once", async () => {
  const { tokyo, paris, lima } = await threeNodes();
  lima.close();
  await lima.exit();
  for (const { diary } of [tokyo, paris]) {
    await diary.lists("alice", "bob");
    await diary.until(() => diary.has("replica-permdown", "lima"), "told that lima has left");
    expect(diary.has("replica-down")).toBe(false);
  }
  expect(lima.diary.has("closed")).toBe(true);
  for (const { diary } of [tokyo, paris, lima])
    expect([diary.has("error"), diary.has("warning")]).toEqual([false, false]);
}, 60_000);
