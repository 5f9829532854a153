import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { BroadcastChannel, Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { broadcastChannelPubSub } from "../../src/pubsub/broadcast-channel.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { Inbox } from "../../src/testing/pubsub-rules/inbox.ts";
import { bundle } from "../support/bundle.ts";
import { remotePubSub } from "./remote-pubsub.ts";

let program: Awaited<ReturnType<typeof bundle>>;
const threads: Worker[] = [];
const pubsubs: PubSub[] = [];

beforeAll(async () => {
  program = await bundle(new URL("./broadcast-channel-thread.ts", import.meta.url));
});

afterAll(() => program.remove());

afterEach(async () => {
  await Promise.all(pubsubs.splice(0).map((pubsub) => pubsub.close()));
  await Promise.all(threads.splice(0).map((thread) => thread.terminate()));
});

describe("broadcastChannelPubSub within one thread", () => {
  for (const { rule, run } of pubSubContract) {
    it(rule, async ({ task }) => {
      await run({ alice: local(), bob: local(), topic: task.id });
    });
  }
});

describe("broadcastChannelPubSub between two threads", () => {
  for (const { rule, run } of pubSubContract) {
    it(rule, async ({ task }) => {
      await run({ alice: local(), bob: remote(startThread()), topic: task.id });
    });
  }
});

describe("broadcastChannelPubSub", () => {
  it("keeps working when a thread is terminated while it publishes", async () => {
    const [tokyo, paris] = [startThread(), startThread()];
    const alice = local();
    const bob = remote(paris);
    const alices = new Inbox(5_000);
    const bobs = new Inbox(5_000);
    await alice.subscribe("lobby", alices.listener);
    await bob.subscribe("lobby", bobs.listener);

    tokyo.postMessage("publish forever");
    await alices.until(() => alices.messages.length > 100, "messages of tokyo");
    await tokyo.terminate();

    await bob.publish("lobby", Uint8Array.of(1));
    await alices.receives(Uint8Array.of(1));
    await alice.publish("lobby", Uint8Array.of(2));
    await bobs.receives(Uint8Array.of(2));
  });

  it("does not keep the process alive", async () => {
    const idleProgram = await bundle(new URL("./exits-when-idle.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [idleProgram.path], { timeout: 60_000 });
    idleProgram.remove();
    expect(stdout).toBe("done\n");
  });

  it("does not deliver to a pub/sub with another name", async () => {
    const [chat, game] = [local("chat"), local("game")];
    const [chats, games] = [new Inbox(5_000), new Inbox(5_000)];
    await chat.subscribe("lobby", chats.listener);
    await game.subscribe("lobby", games.listener);
    await chat.publish("lobby", Uint8Array.of(1));
    await game.publish("lobby", Uint8Array.of(2));
    await Promise.all([chats.receives(Uint8Array.of(1)), games.receives(Uint8Array.of(2))]);
    expect([chats.messages.length, games.messages.length]).toEqual([1, 1]);
  });

  it("copies only the bytes of a view, not the whole buffer", async () => {
    const [alice, bob] = [local(), local()];
    const inbox = new Inbox(5_000);
    await alice.subscribe("lobby", inbox.listener);
    await bob.publish("lobby", new Uint8Array(65_536).subarray(0, 10));
    await inbox.receives(new Uint8Array(10));
    expect(inbox.messages[0]!.buffer.byteLength).toBe(10);
  });

  it("ignores values that are not bytes on its channels", async () => {
    const alice = local();
    const inbox = new Inbox(5_000);
    await alice.subscribe("lobby", inbox.listener);
    const stranger = new BroadcastChannel("rollcall:lobby");
    stranger.postMessage("hello?");
    stranger.postMessage(Uint8Array.of(7));
    await inbox.receives(Uint8Array.of(7));
    stranger.close();
    expect(inbox.messages).toHaveLength(1);
  });
});

function local(name?: string): PubSub {
  const pubsub = broadcastChannelPubSub(name === undefined ? {} : { name });
  pubsubs.push(pubsub);
  return pubsub;
}

/** Starts a thread with its own pub/sub. */
function startThread(): Worker {
  const worker = new Worker(program.path);
  threads.push(worker);
  return worker;
}

function remote(worker: Worker): PubSub {
  return remotePubSub({
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on("message", listener),
  });
}
