import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { waitUntil } from "../../scripts/wait-until.ts";
import { createPresence, memoryPubSub, type PubSub } from "../../src/index.ts";
import { type EndpointOptions, presenceChannel } from "../../src/phoenix/index.ts";
import { manualClock } from "../../src/testing/index.ts";
import { seal } from "../../src/wire/seal.ts";
import { RawClient } from "./raw-client.ts";
import { type ServedEndpoint, serveEndpoint } from "./serve-endpoint.ts";

/** Endpoints of one cluster, each with one client, which has joined room:a. */
async function cluster<Names extends string>(
  pubsub: PubSub,
  names: readonly Names[],
  options: EndpointOptions = {},
): Promise<{ [Name in Names]: ServedEndpoint<Record<string, unknown>> & { readonly member: RawClient } }> {
  const nodes = names.map(async (name) => {
    const node = await serveEndpoint({
      pubsub,
      connect: (params) => ({ assigns: {}, id: params.get("id")! }),
      ...options,
    });
    node.endpoint.channel("room:*", {
      join: () => {},
      intercept: ["secret"],
      handleOut: (event, payload, socket) => socket.push(event, { ...payload, on: name }),
      handleIn(event, payload, socket) {
        if (event === "whisper") socket.broadcastFrom("said", payload as object);
        else socket.broadcast("said", payload as object);
      },
    });
    const member = await node.client("vsn=2.0.0&id=users:1");
    member.send(["1", "1", "room:a", "phx_join", {}]);
    await member.take(1);
    return [name, { ...node, member }] as const;
  });
  return Object.fromEntries(await Promise.all(nodes)) as never;
}

describe("endpoints that share a pub/sub", () => {
  it("deliver each broadcast, text or bytes, to each other's clients once", async () => {
    const { tokyo, paris } = await cluster(memoryPubSub(), ["tokyo", "paris"]);
    tokyo.member.send(["1", "2", "room:a", "say", { n: 1 }], ["1", "3", "room:a", "whisper", { n: 2 }]);
    const said = (n: number) => [null, null, "room:a", "said", { n }];
    expect(await paris.member.take(2)).toEqual([said(1), said(2)]);
    tokyo.endpoint.broadcast("room:a", "bytes", new Uint8Array([1, 2]));
    tokyo.endpoint.broadcast("room:a", "secret", { n: 3 });
    const bytes = Buffer.from("\x02\x06\x05room:abytes\x01\x02");
    expect(await paris.member.take(2)).toEqual([
      bytes,
      ["1", null, "room:a", "secret", { n: 3, on: "paris" }],
    ]);
    expect(await paris.member.settle()).toEqual([]);
    expect(await tokyo.member.settle()).toEqual([
      said(1),
      bytes,
      ["1", null, "room:a", "secret", { n: 3, on: "tokyo" }],
    ]);
  });

  it("do not share local broadcasts, and ignore other clusters", async () => {
    const pubsub = memoryPubSub();
    const { tokyo, paris } = await cluster(pubsub, ["tokyo", "paris"]);
    const { oslo } = await cluster(pubsub, ["oslo"], { clusterName: "shop" });
    tokyo.endpoint.broadcast("room:a", "here", {}, { local: true });
    oslo.endpoint.broadcast("room:a", "shop", {});
    await nextTurn();
    expect(await tokyo.member.settle()).toEqual([[null, null, "room:a", "here", {}]]);
    expect(await paris.member.settle()).toEqual([]);
  });

  it("close the sockets of an id on every node, with 1001", async () => {
    const { tokyo, paris } = await cluster(memoryPubSub(), ["tokyo", "paris"]);
    const other = await paris.client("vsn=2.0.0&id=users:2");
    tokyo.endpoint.disconnect("users:1");
    expect(await tokyo.member.closeCode()).toBe(1001);
    expect(await paris.member.closeCode()).toBe(1001);
    expect(await other.settle()).toEqual([]);
  });

  it("refuse a broadcast that is too large for the pub/sub before any client gets it", async () => {
    const pubsub = { ...memoryPubSub(), maxMessageBytes: 3_000 };
    const { tokyo } = await cluster(pubsub, ["tokyo"]);
    expect(() => tokyo.endpoint.broadcast("room:a", "news", { text: "x".repeat(3_000) })).toThrow(
      /the pub\/sub carries 3000/,
    );
    expect(await tokyo.member.settle()).toEqual([]);
  });

  it("report messages that can't be published or read, and go on", async () => {
    const pubsub = memoryPubSub();
    let failure: "throws" | "rejects" | undefined;
    const { tokyo, paris } = await cluster(
      {
        ...pubsub,
        publish: (topic, bytes) => {
          if (failure === "throws") throw new Error("no connection");
          return failure ? Promise.reject(new Error("no answer")) : pubsub.publish(topic, bytes);
        },
      },
      ["tokyo", "paris"],
    );
    failure = "throws";
    tokyo.endpoint.broadcast("room:a", "one", {});
    failure = "rejects";
    tokyo.endpoint.broadcast("room:a", "two", {});
    await nextTurn();
    expect(tokyo.errors.map(([message, where]) => [message.slice(0, 50), where.during])).toEqual([
      ["The pub/sub could not publish: no connection. The ", "transport"],
      ["The pub/sub could not publish: no answer. The sock", "transport"],
    ]);
    for (const bytes of [
      [],
      [9],
      [1, 0, 0, 0, 9, 1],
      [1, 0, 0, 0, 2, 0x7b, 0x7d],
      [1, 0, 0, 0, 4, 110, 117, 108, 108],
    ]) {
      await pubsub.publish("rollcall:channels", new Uint8Array(bytes));
    }
    failure = undefined;
    tokyo.endpoint.broadcast("room:a", "three", {});
    expect(await paris.member.take(1)).toEqual([[null, null, "room:a", "three", {}]]);
    expect(paris.errors.map(([message]) => message.slice(0, 57))).toEqual(
      Array(5).fill('A message on the pub/sub topic "rollcall:channels" could '),
    );
  });

  it("go on after a broadcast of another node whose event is too long", async () => {
    const pubsub = memoryPubSub();
    const { tokyo } = await cluster(pubsub, ["tokyo"]);
    const header = Buffer.from(
      JSON.stringify({ from: "paris", topic: "room:a", event: "e".repeat(256), isBinary: true }),
    );
    await pubsub.publish(
      "rollcall:channels",
      seal(Buffer.concat([Buffer.from([1, 0, 0, 1, header.length - 256]), header]), undefined),
    );
    await nextTurn();
    expect(tokyo.errors[0]![0]).toContain("The event has 256 bytes");
    tokyo.endpoint.broadcast("room:a", "news", {});
    expect(await tokyo.member.take(1)).toEqual([[null, null, "room:a", "news", {}]]);
  });

  it("are not created if they cannot subscribe, and unsubscribe", async () => {
    const unsubscribed: string[] = [];
    const pubsub = {
      ...memoryPubSub(),
      subscribe: () => Promise.reject(new Error("no broker")),
      unsubscribe: async (topic: string) => void unsubscribed.push(topic),
    };
    await expect(serveEndpoint({ pubsub })).rejects.toThrow("no broker");
    expect(unsubscribed).toEqual(["rollcall:channels"]);
  });

  it("publish equal broadcasts as different bytes: a transport may merge equal messages", async () => {
    const bus = memoryPubSub();
    const published: string[] = [];
    const publish: PubSub["publish"] = (topic, bytes) => {
      published.push(Buffer.from(bytes).toString());
      return bus.publish(topic, bytes);
    };
    const { tokyo } = await cluster({ ...bus, publish }, ["tokyo"]);
    for (const _ of [1, 2]) tokyo.endpoint.broadcast("room:a", "liked", {});
    expect(new Set(published).size).toBe(2);
  });
});

describe("endpoints with a secret", () => {
  const secret = "the secret of the endpoints";

  it("read each other's messages, and those of no other", async () => {
    const pubsub = memoryPubSub();
    const { tokyo, paris } = await cluster(pubsub, ["tokyo", "paris"], { secret });
    const { mallory } = await cluster(pubsub, ["mallory"]);
    const { lima } = await cluster(pubsub, ["lima"], { secret: "another secret of endpoints" });
    const { old } = await cluster(pubsub, ["old"], { secret: ["a new secret of endpoints", secret] });
    for (const stranger of [mallory, lima, old]) {
      for (let n = 0; n < 20; n++) stranger.endpoint.broadcast("room:a", "said", { n });
      stranger.endpoint.disconnect("users:1");
    }
    await nextTurn();
    tokyo.endpoint.broadcast("room:a", "said", { by: "tokyo" });
    const said = [null, null, "room:a", "said", { by: "tokyo" }];
    expect(await paris.member.settle()).toEqual([said]);
    expect(await tokyo.member.settle()).toEqual([said]);
    // The endpoint with an additional secret reads both.
    expect(old.errors.map(([message]) => message.slice(0, 23))).toEqual([
      "A message is not signed",
      "A message is signed wit",
    ]);
    for (const { errors } of [tokyo, paris]) {
      expect(errors.map(([message, { during }]) => [message.slice(0, 23), during])).toEqual([
        ["A message is not signed", "transport"],
        ["A message is signed wit", "transport"],
      ]);
    }
  });

  it("are introduced and rotate while every step reads every message", async () => {
    const next = "the next secret of endpoints";
    const steps: EndpointOptions[] = [
      {},
      { secret, acceptUnsigned: true },
      { secret },
      { secret: [secret, next] },
      { secret: [next, secret] },
      { secret: next },
    ];
    for (const [at, before] of steps.slice(0, -1).entries()) {
      const pubsub = memoryPubSub();
      const { tokyo } = await cluster(pubsub, ["tokyo"], before);
      const { paris } = await cluster(pubsub, ["paris"], steps[at + 1]!);
      tokyo.endpoint.broadcast("room:a", "said", { by: "tokyo" });
      paris.endpoint.broadcast("room:a", "said", { by: "paris" });
      for (const { member, errors } of [tokyo, paris]) {
        expect(await member.take(2)).toHaveLength(2);
        expect(errors).toEqual([]);
      }
    }
  });

  it("do not read a message of a tracker with the same secret, nor one of another cluster", async () => {
    const bus = memoryPubSub();
    const replayed: PubSub = {
      ...bus,
      publish: (_topic, bytes) => bus.publish("rollcall:channels", bytes),
    };
    const { tokyo } = await cluster(bus, ["tokyo"], { secret });
    const presence = await createPresence({ pubsub: replayed, secret });
    const { shop } = await cluster(replayed, ["shop"], { secret, clusterName: "shop" });
    shop.endpoint.disconnect("users:1");
    await nextTurn();
    expect(await tokyo.member.settle()).toEqual([]);
    expect(tokyo.errors.map(([message]) => message.slice(0, 23))).toEqual(["A message is signed wit"]);
    await presence.close();
  });

  it("send messages no longer than the pub/sub carries, seal included", async () => {
    const bus = memoryPubSub();
    const lengths: number[] = [];
    const publish: PubSub["publish"] = (topic, bytes) => {
      lengths.push(bytes.length);
      return bus.publish(topic, bytes);
    };
    const { tokyo } = await cluster({ ...bus, publish, maxMessageBytes: 3_000 }, ["tokyo"], { secret });
    const overhead = (() => {
      tokyo.endpoint.broadcast("room:a", "news", { text: "" });
      return lengths[0]!;
    })();
    tokyo.endpoint.broadcast("room:a", "news", { text: "x".repeat(3_000 - overhead) });
    expect(lengths.at(-1)).toBe(3_000);
    expect(() => tokyo.endpoint.broadcast("room:a", "news", { text: "x".repeat(3_001 - overhead) })).toThrow(
      "a message of 3001 bytes",
    );
  });
});

describe("messages of endpoints that were damaged", () => {
  it("reach no client, whichever bit it was, and are reported ten times", async () => {
    const bus = memoryPubSub();
    const recorded: Uint8Array[] = [];
    const publish: PubSub["publish"] = (_topic, bytes) => void recorded.push(bytes.slice());
    const { tokyo } = await cluster({ ...bus, publish }, ["tokyo"]);
    const { paris } = await cluster(bus, ["paris"]);
    tokyo.endpoint.broadcast("room:a", "news", { text: "hello" });
    tokyo.endpoint.disconnect("users:1");
    for (const bytes of recorded) {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        await bus.publish("rollcall:channels", bytes.with(bit >> 3, bytes[bit >> 3]! ^ (1 << (bit & 7))));
      }
      for (let length = 0; length < bytes.length; length++)
        await bus.publish("rollcall:channels", bytes.subarray(0, length));
    }
    await nextTurn();
    expect(await paris.member.settle()).toEqual([]);
    expect(paris.errors).toHaveLength(10);
    for (const bytes of recorded.slice(0, 1)) await bus.publish("rollcall:channels", bytes);
    expect(await paris.member.take(1)).toEqual([[null, null, "room:a", "news", { text: "hello" }]]);
  });
});

describe("close", () => {
  it("closes all sockets with 1012, refuses new ones, sends no other frames, and leaves the server open", async () => {
    const { tokyo, paris } = await cluster(memoryPubSub(), ["tokyo", "paris"]);
    const closing = tokyo.endpoint.close();
    expect(tokyo.endpoint.close()).toBe(closing);
    expect(await tokyo.member.closeCode()).toBe(1012);
    expect(tokyo.member.frames).toEqual([]);
    await closing;
    expect(tokyo.endpoint.socketCount).toBe(0);
    expect(tokyo.server.listening).toBe(true);
    const late = new WebSocket(tokyo.url());
    const status = await new Promise((resolve) => {
      late.on("unexpected-response", (_request, answer) => resolve(answer.statusCode));
      late.on("error", () => {});
    });
    expect(status).toBe(404);
    late.terminate();
    for (const call of [
      () => tokyo.endpoint.broadcast("room:a", "news", {}),
      () => tokyo.endpoint.disconnect("users:1"),
      () => tokyo.endpoint.channel("x", { join: () => {} }),
      () => tokyo.endpoint.attach(tokyo.server),
    ]) {
      expect(call).toThrow(/was called on a closed Phoenix endpoint/);
    }
    paris.endpoint.broadcast("room:a", "news", {});
    expect(await paris.member.take(1)).toHaveLength(1);
  });

  it("sends no presence diffs to the clients that it closes", async () => {
    const presence = await createPresence({ pubsub: memoryPubSub() });
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", presenceChannel({ presence, key: () => "alice", diffWindowMs: 0 }));
    const members = [await client(), await client(), await client()];
    for (const member of members) member.send(["1", "1", "room:a", "phx_join", {}]);
    await waitUntil(() => presence.count("room:a") === 3, "all clients to be tracked");
    for (const member of members) await member.settle();
    await endpoint.close();
    for (const member of members) {
      expect(await member.closeCode()).toBe(1012);
      expect(member.frames).toEqual([]);
    }
    expect(presence.count("room:a")).toBe(0);
  });

  it("spreads the closing over overMs, and the remaining clients still get broadcasts", async () => {
    const clock = manualClock();
    const { endpoint, client } = await serveEndpoint({ clock });
    endpoint.channel("room:*", { join: () => {} });
    const members = await Promise.all(Array.from({ length: 10 }, () => client()));
    for (const member of members) member.send(["1", "1", "room:a", "phx_join", {}]);
    for (const member of members) await member.take(1);
    const closing = endpoint.close({ overMs: 1_000 });
    for (const left of [9, 8, 7]) {
      await waitUntil(() => endpoint.socketCount === left, `${left} sockets to be left`);
      clock.advance(99);
      await nextTurn();
      expect(endpoint.socketCount).toBe(left);
      clock.advance(1);
    }
    await waitUntil(() => endpoint.socketCount === 6, "6 sockets to be left");
    endpoint.broadcast("room:a", "news", {});
    expect(await Promise.all(members.slice(4).map((member) => member.take(1)))).toHaveLength(6);
    for (let step = 0; step < 6; step++) {
      clock.advance(100);
      await nextTurn();
    }
    await closing;
    expect(await Promise.all(members.map((member) => member.closeCode()))).toEqual(Array(10).fill(1012));
    expect(() => endpoint.close({ overMs: -1 })).toThrow(/overMs is -1/);
  });

  it("refuses a client that waits for connect, and terminates one that does not answer", async () => {
    let accept = (): void => {};
    const decided = new Promise<void>((resolve) => {
      accept = resolve;
    });
    let isWaiting = false;
    const { endpoint, client, url } = await serveEndpoint({
      connect: async (params) => {
        if (params.has("slow")) {
          isWaiting = true;
          await decided;
        }
        return { assigns: {} };
      },
    });
    const alice = await client();
    alice.socket.pause();
    const bob = new RawClient(url("vsn=2.0.0&slow=1"));
    while (!isWaiting) await nextTurn();
    const status = new Promise((resolve) =>
      bob.socket.on("unexpected-response", (_request, answer) => resolve(answer.statusCode)),
    );
    await endpoint.close({ timeoutMs: 1 });
    expect(endpoint.socketCount).toBe(0);
    accept();
    expect(await status).toBe(503);
    alice.socket.terminate();
    bob.socket.terminate();
  });
});
