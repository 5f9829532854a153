import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { Worker as Thread } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { Inbox } from "../../src/testing/pubsub-rules/inbox.ts";
import { bundle, bundleCode } from "../support/bundle.ts";
import { remotePubSub } from "./remote-pubsub.ts";

let program: Awaited<ReturnType<typeof bundle>>;
const workers: Worker[] = [];
const pubsubs: PubSub[] = [];

beforeAll(async () => {
  program = await bundle(new URL("./cluster-worker.ts", import.meta.url));
});

afterAll(() => program.remove());

afterEach(async () => {
  await Promise.all(pubsubs.splice(0).map((pubsub) => pubsub.close()));
  await Promise.all(workers.splice(0).map(kill));
});

describe("clusterPubSub in the primary", () => {
  for (const { rule, run } of pubSubContract) {
    it(rule, async ({ task }) => {
      await run({ alice: primary(), bob: primary(), topic: task.id });
    });
  }
});

describe("clusterPubSub between the primary and a worker", () => {
  for (const { rule, run } of pubSubContract) {
    it(rule, async ({ task }) => {
      // The primary relays while one of its pub/subs is open, and a rule may close the one of alice.
      primary();
      await run({ alice: primary(), bob: remote(await fork()), topic: task.id });
    });
  }
});

it("clusterPubSub keeps the contract within a worker", async () => {
  primary();
  const tokyo = await fork();
  for (const { rule } of pubSubContract) expect(await request(tokyo, { rule })).toEqual({ passed: rule });
});

describe.each(["json", "advanced"] as const)("clusterPubSub over %s channels", (serialization) => {
  it("delivers messages between workers, only to those that subscribed to the topic", async () => {
    primary();
    const [tokyo, paris, lima] = [
      await fork(serialization),
      await fork(serialization),
      await fork(serialization),
    ];
    const [alice, bob, carol] = [remote(tokyo), remote(paris), remote(lima)];
    const [alices, bobs, carols] = [new Inbox(10_000), new Inbox(10_000), new Inbox(10_000)];
    await alice.subscribe("lobby", alices.listener);
    await bob.subscribe("lobby", bobs.listener);
    await carol.subscribe("kitchen", carols.listener);
    for (let number = 1; number <= 9; number++) await bob.publish("lobby", Uint8Array.of(number, 0, 255));
    await bob.publish("kitchen", Uint8Array.of(10));
    for (const inbox of [alices, bobs]) await inbox.receives(Uint8Array.of(9, 0, 255));
    await carols.receives(Uint8Array.of(10));
    expect(await request(tokyo, { act: "count" })).toEqual({ receivedMessages: 9 });
    expect(await request(paris, { act: "count" })).toEqual({ receivedMessages: 9 });
    expect(await request(lima, { act: "count" })).toEqual({ receivedMessages: 1 });

    await alice.unsubscribe("lobby", alices.listener);
    await bob.publish("lobby", Uint8Array.of(11));
    await bobs.receives(Uint8Array.of(11));
    expect(await request(tokyo, { act: "count" })).toEqual({ receivedMessages: 9 });
  });
});

describe("clusterPubSub", () => {
  it("relays each message once, also if the primary loaded the package twice", async () => {
    const copy = await bundleCode('export { clusterPubSub } from "rollcall/pubsub/cluster";');
    const module = (await import(copy.path)) as { clusterPubSub: typeof clusterPubSub };
    copy.remove();
    const [alice, bob] = [primary(), module.clusterPubSub()];
    pubsubs.push(bob);
    const [tokyo, paris] = [await fork(), await fork()];
    const [carol, dora] = [remote(tokyo), remote(paris)];
    const inboxes = [alice, bob, carol].map((pubsub) => ({ pubsub, inbox: new Inbox(10_000) }));
    for (const { pubsub, inbox } of inboxes) await pubsub.subscribe("lobby", inbox.listener);
    await dora.publish("lobby", Uint8Array.of(1));
    await alice.publish("lobby", Uint8Array.of(2));
    await bob.publish("lobby", Uint8Array.of(3));
    for (const { inbox } of inboxes) {
      await inbox.receives(Uint8Array.of(3));
      expect(inbox.messages.map(([number]) => number).sort()).toEqual([1, 2, 3]);
    }
    expect(await request(tokyo, { act: "count" })).toEqual({ receivedMessages: 3 });
  });

  it("keeps working when a worker is killed while it publishes", async () => {
    const alice = primary();
    const [tokyo, paris] = [await fork(), await fork()];
    const bob = remote(paris);
    const [alices, bobs, lost] = [new Inbox(10_000), new Inbox(10_000), new Inbox(10_000)];
    await alice.subscribe("lobby", alices.listener);
    await bob.subscribe("answers", bobs.listener);
    await remote(tokyo).subscribe("answers", lost.listener);
    tokyo.send({ act: "publish forever" });
    await alices.until(() => alices.messages.length > 20, "messages of tokyo");

    const exited = once(tokyo, "exit");
    process.kill(tokyo.process.pid!, "SIGKILL");
    for (let number = 0; number < 100; number++) await alice.publish("answers", Uint8Array.of(number));
    await bobs.receives(Uint8Array.of(99));
    await exited;

    await alice.publish("answers", Uint8Array.of(100));
    await bobs.receives(Uint8Array.of(100));
    await bob.publish("lobby", Uint8Array.of(101));
    await alices.receives(Uint8Array.of(101));
  });

  it("lets a worker that stopped reading miss messages, without delaying the others", async () => {
    const alice = primary();
    const [tokyo, paris] = [await fork(), await fork()];
    const [carol, bob] = [remote(tokyo), remote(paris)];
    const [missed, bobs] = [new Inbox(20_000), new Inbox(20_000)];
    await carol.subscribe("lobby", missed.listener);
    await bob.subscribe("lobby", bobs.listener);

    process.kill(tokyo.process.pid!, "SIGSTOP");
    const large = new Uint8Array(alice.maxMessageBytes!);
    for (let number = 0; number < 100; number++) {
      large[0] = number;
      await alice.publish("lobby", large);
      await bobs.until(() => bobs.messages.at(-1)?.[0] === number, `message ${number} to arrive in paris`);
    }
    process.kill(tokyo.process.pid!, "SIGCONT");
    await bob.publish("lobby", Uint8Array.of(100));
    await bobs.receives(Uint8Array.of(100));
    await missed.until(() => missed.messages.length > 10, "the messages that waited for tokyo");
    await carol.publish("lobby", Uint8Array.of(101));
    await missed.receives(Uint8Array.of(101));
    expect(missed.messages.length).toBeLessThan(70);
  });

  it("ignores messages of other code, and leaves them alone", async () => {
    const alice = primary();
    const tokyo = await fork();
    const bob = remote(tokyo);
    const [alices, bobs] = [new Inbox(10_000), new Inbox(10_000)];
    await alice.subscribe("lobby", alices.listener);
    await bob.subscribe("lobby", bobs.listener);
    const foreign = ["hello", null, 7, { type: "publish", topic: "lobby" }, { type: "rollcall:message" }, []];
    for (const message of [...foreign, { type: "constructor" }, { type: "rollcall:publish", topic: 1 }]) {
      tokyo.send(message as object);
      cluster.emit("message", tokyo, message, undefined);
    }
    expect(await request(tokyo, { act: "reply" })).toEqual({ replied: true });
    await bob.publish("lobby", Uint8Array.of(1));
    for (const inbox of [alices, bobs]) await inbox.receives(Uint8Array.of(1));
    expect([alices.messages.length, bobs.messages.length]).toEqual([1, 1]);
  });

  it("rejects the subscription of a worker while the primary has no pub/sub, and says what to do", async () => {
    const alice = remote(await fork("json", { subscribeTimeoutMs: 100 }));
    await expect(alice.subscribe("lobby", () => {})).rejects.toThrow(
      /Call clusterPubSub\(\) in the primary too/,
    );
  });

  it("completes a subscription that a worker requested before the primary had a pub/sub", async () => {
    const tokyo = await fork();
    const bob = remote(tokyo);
    const inbox = new Inbox(10_000);
    const subscribed = bob.subscribe("lobby", inbox.listener);
    await request(tokyo, { act: "reply" });
    const alice = primary();
    await subscribed;
    await alice.publish("lobby", Uint8Array.of(1));
    await inbox.receives(Uint8Array.of(1));
  });

  it("notifies a disconnected worker, rejects its messages, and does not crash it", async () => {
    primary();
    const tokyo = await fork();
    await remote(tokyo).subscribe("lobby", () => {});
    const exited = once(tokyo, "exit");
    tokyo.send({ act: "disconnect" });
    const [code] = await exited;
    expect(code).toBe(42);
  });

  it("removes its listeners when it is closed", async () => {
    const names = ["message", "disconnect", "exit"];
    const before = names.map((name) => cluster.listenerCount(name));
    await primary().close();
    expect(names.map((name) => cluster.listenerCount(name))).toEqual(before);
  });

  it("throws in a worker thread, which can not reach the primary", async () => {
    const threadProgram = await bundle(new URL("./cluster-in-thread.ts", import.meta.url));
    const [error] = await once(new Thread(threadProgram.path), "error");
    threadProgram.remove();
    expect(error).toMatchObject({
      code: "TRANSPORT",
      message: expect.stringMatching(/broadcastChannelPubSub/),
    });
  });
});

function primary(): PubSub {
  const pubsub = clusterPubSub();
  pubsubs.push(pubsub);
  return pubsub;
}

/** Starts a worker. `remote` gives access to its pub/sub. */
async function fork(
  serialization: "json" | "advanced" = "json",
  serve: { subscribeTimeoutMs?: number } = {},
): Promise<Worker> {
  cluster.setupPrimary({ exec: program.path, execArgv: [], serialization });
  const worker = cluster.fork();
  workers.push(worker);
  await nextReply(worker);
  await request(worker, { serve });
  return worker;
}

function remote(worker: Worker): PubSub {
  return remotePubSub(
    {
      post: (message) => void worker.send(message, () => {}),
      onMessage: (listener) => worker.on("message", listener),
    },
    262_144,
  );
}

function request(worker: Worker, message: object): Promise<unknown> {
  worker.send(message);
  return nextReply(worker);
}

/** The next message that belongs neither to the driver nor to `remote`. */
function nextReply(worker: Worker): Promise<unknown> {
  return new Promise((resolve) => {
    const onMessage = (message: object) => {
      if ("type" in message || "replyTo" in message || "deliveredTo" in message) return;
      worker.off("message", onMessage);
      resolve(message);
    };
    worker.on("message", onMessage);
  });
}

async function kill(worker: Worker): Promise<void> {
  if (worker.isDead()) return;
  const exited = once(worker, "exit");
  worker.process.kill("SIGKILL");
  await exited;
}
