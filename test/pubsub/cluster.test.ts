import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { Worker as Thread } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { Inbox } from "../../src/testing/pubsub-rules/inbox.ts";
import { bundle } from "../support/bundle.ts";
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
      // The primary relays as long as one pub/sub of it is open, and a rule may close alice's.
      primary();
      await run({ alice: primary(), bob: remote(await fork()), topic: task.id });
    });
  }
});

it("clusterPubSub keeps the contract within a worker", async () => {
  primary();
  const tokyo = await fork();
  for (const { rule } of pubSubContract) expect(await ask(tokyo, { rule })).toEqual({ kept: rule });
});

describe.each(["json", "advanced"] as const)("clusterPubSub over %s channels", (serialization) => {
  it("carries messages from worker to worker, to just those that listen to the topic", async () => {
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
    expect(await ask(tokyo, { act: "count" })).toEqual({ carried: 9 });
    expect(await ask(paris, { act: "count" })).toEqual({ carried: 9 });
    expect(await ask(lima, { act: "count" })).toEqual({ carried: 1 });

    await alice.unsubscribe("lobby", alices.listener);
    await bob.publish("lobby", Uint8Array.of(11));
    await bobs.receives(Uint8Array.of(11));
    expect(await ask(tokyo, { act: "count" })).toEqual({ carried: 9 });
  });
});

describe("clusterPubSub", () => {
  it("goes on when a worker is killed in the middle of a word", async () => {
    const alice = primary();
    const [tokyo, paris] = [await fork(), await fork()];
    const bob = remote(paris);
    const [alices, bobs, lost] = [new Inbox(10_000), new Inbox(10_000), new Inbox(10_000)];
    await alice.subscribe("lobby", alices.listener);
    await bob.subscribe("answers", bobs.listener);
    await remote(tokyo).subscribe("answers", lost.listener);
    tokyo.send({ act: "chatter" });
    await alices.until(() => alices.messages.length > 20, "tokyo to chatter");

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

  it("lets a worker that does not read miss messages, and holds up nobody for it", async () => {
    const alice = primary();
    const [tokyo, paris] = [await fork(), await fork()];
    const [sleeper, bob] = [remote(tokyo), remote(paris)];
    const [missed, bobs] = [new Inbox(20_000), new Inbox(20_000)];
    await sleeper.subscribe("lobby", missed.listener);
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
    await missed.until(() => missed.messages.length > 10, "what had waited for tokyo");
    await sleeper.publish("lobby", Uint8Array.of(101));
    await missed.receives(Uint8Array.of(101));
    expect(missed.messages.length).toBeLessThan(70);
  });

  it("leaves the messages of others alone, and takes none of them for its own", async () => {
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
    expect(await ask(tokyo, { act: "say hello" })).toEqual({ said: "hello" });
    await bob.publish("lobby", Uint8Array.of(1));
    for (const inbox of [alices, bobs]) await inbox.receives(Uint8Array.of(1));
    expect([alices.messages.length, bobs.messages.length]).toEqual([1, 1]);
  });

  it("rejects the subscription of a worker when the primary does not take part, and says what to do", async () => {
    const alice = remote(await fork("json", { subscribeTimeoutMs: 100 }));
    await expect(alice.subscribe("lobby", () => {})).rejects.toThrow(/Call clusterPubSub\(\) in the primary too/);
  });

  it("holds a subscription that a worker made before the primary took part", async () => {
    const tokyo = await fork();
    const bob = remote(tokyo);
    const inbox = new Inbox(10_000);
    const subscribed = bob.subscribe("lobby", inbox.listener);
    await ask(tokyo, { act: "say hello" });
    const alice = primary();
    await subscribed;
    await alice.publish("lobby", Uint8Array.of(1));
    await inbox.receives(Uint8Array.of(1));
  });

  it("tells a worker that was disconnected, rejects what it publishes, and does not crash it", async () => {
    primary();
    const tokyo = await fork();
    await remote(tokyo).subscribe("lobby", () => {});
    const exited = once(tokyo, "exit");
    tokyo.send({ act: "disconnect" });
    const [code] = await exited;
    expect(code).toBe(42);
  });

  it("leaves no listener behind once it is closed", async () => {
    const names = ["message", "disconnect", "exit"];
    const before = names.map((name) => cluster.listenerCount(name));
    await primary().close();
    expect(names.map((name) => cluster.listenerCount(name))).toEqual(before);
  });

  it("refuses to be made in a worker thread, where it would reach nobody", async () => {
    const lost = await bundle(new URL("./cluster-in-thread.ts", import.meta.url));
    const [error] = await once(new Thread(lost.path), "error");
    lost.remove();
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

/** A process of its own, with a pub/sub that `remote` reaches. */
async function fork(
  serialization: "json" | "advanced" = "json",
  serve: { subscribeTimeoutMs?: number } = {},
): Promise<Worker> {
  cluster.setupPrimary({ exec: program.path, execArgv: [], serialization });
  const worker = cluster.fork();
  workers.push(worker);
  await answer(worker);
  await ask(worker, { serve });
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

function ask(worker: Worker, request: object): Promise<unknown> {
  worker.send(request);
  return answer(worker);
}

/** The next message that is neither the driver's nor for `remote`. */
function answer(worker: Worker): Promise<unknown> {
  return new Promise((resolve) => {
    const onMessage = (message: object) => {
      if ("type" in message || "replyTo" in message || "heard" in message) return;
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
