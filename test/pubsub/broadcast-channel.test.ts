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

describe("broadcastChannelPubSub in one thread", () => {
  for (const { rule, run } of pubSubContract) {
    it(rule, async ({ task }) => {
      await run({ alice: here(), bob: here(), topic: task.id });
    });
  }
});

describe("broadcastChannelPubSub between two threads", () => {
  for (const { rule, run } of pubSubContract) {
    it(rule, async ({ task }) => {
      await run({ alice: here(), bob: remote(thread()), topic: task.id });
    });
  }
});

describe("broadcastChannelPubSub", () => {
  it("goes on when a thread is terminated in the middle of a word", async () => {
    const [tokyo, paris] = [thread(), thread()];
    const alice = here();
    const bob = remote(paris);
    const inbox = new Inbox(5_000);
    const bobs = new Inbox(5_000);
    await alice.subscribe("lobby", inbox.listener);
    await bob.subscribe("lobby", bobs.listener);

    tokyo.postMessage("chatter");
    await inbox.until(() => inbox.messages.length > 100, "tokyo to chatter");
    await tokyo.terminate();

    await bob.publish("lobby", Uint8Array.of(1));
    await inbox.receives(Uint8Array.of(1));
    await alice.publish("lobby", Uint8Array.of(2));
    await bobs.receives(Uint8Array.of(2));
  });

  it("keeps the process alive no longer than its other work", async () => {
    const quitter = await bundle(new URL("./exits-when-idle.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [quitter.path], { timeout: 60_000 });
    quitter.remove();
    expect(stdout).toBe("nothing more to do\n");
  });

  it("is not heard under another name", async () => {
    const [chat, game] = [here("chat"), here("game")];
    const [chats, games] = [new Inbox(5_000), new Inbox(5_000)];
    await chat.subscribe("lobby", chats.listener);
    await game.subscribe("lobby", games.listener);
    await chat.publish("lobby", Uint8Array.of(1));
    await game.publish("lobby", Uint8Array.of(2));
    await Promise.all([chats.receives(Uint8Array.of(1)), games.receives(Uint8Array.of(2))]);
    expect([chats.messages.length, games.messages.length]).toEqual([1, 1]);
  });

  it("sends what a small view shows, and not the whole buffer behind it", async () => {
    const [alice, bob] = [here(), here()];
    const inbox = new Inbox(5_000);
    await alice.subscribe("lobby", inbox.listener);
    await bob.publish("lobby", new Uint8Array(65_536).subarray(0, 10));
    await inbox.receives(new Uint8Array(10));
    expect(inbox.messages[0]!.buffer.byteLength).toBe(10);
  });

  it("ignores what others post to a channel of its name", async () => {
    const alice = here();
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

function here(name?: string): PubSub {
  const pubsub = broadcastChannelPubSub(name === undefined ? {} : { name });
  pubsubs.push(pubsub);
  return pubsub;
}

/** A thread with a pub/sub of its own. */
function thread(): Worker {
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
