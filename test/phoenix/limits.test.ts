import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import { manualClock } from "../../src/testing/index.ts";
import { collectGarbage } from "../support/collect-garbage.ts";
import { RawClient, reply } from "./raw-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

const refusal = (ref: string, topic: string, reason: string): unknown =>
  reply(ref, ref, topic, { reason }, "error");

describe("a silent client", () => {
  it("is closed with 1001 after idleTimeoutMs, unless it sends a message or a WebSocket ping", async () => {
    const clock = manualClock();
    const { client } = await serveEndpoint({ clock, idleTimeoutMs: 1_000 });
    // The talking client connects first: the silent one must be found although it connected later.
    const [talking, pinging, silent] = [await client(), await client(), await client()];
    for (const _ of [1, 2, 3]) {
      clock.advance(400);
      await talking.settle();
      pinging.socket.ping();
      await once(pinging.socket, "pong");
    }
    expect(await silent.closeCode()).toBe(1001);
    clock.advance(999);
    await talking.settle();
    expect(pinging.closed).toBe(undefined);
    clock.advance(1);
    expect(await pinging.closeCode()).toBe(1001);
    expect(talking.closed).toBe(undefined);
  });

  it("is closed even if it never joined: 5 000 of them leave no memory behind, and others notice nothing", async () => {
    const clock = manualClock();
    const { endpoint, client, url } = await serveEndpoint({ clock, idleTimeoutMs: 60_000 });
    endpoint.channel("room:*", { join: () => {} });
    const alice = await client();
    alice.send(["1", "1", "room:a", "phx_join", {}]);
    await alice.take(1);
    const heaps: number[] = [];
    // In waves, because a process may have only so many sockets by default.
    for (let wave = 0; wave < 20; wave++) {
      const crowd = Array.from({ length: 250 }, () => new RawClient(url()));
      await Promise.all(crowd.map((one) => one.open()));
      await waitUntil(() => endpoint.socketCount === 251, "all sockets to be open");
      clock.advance(30_000);
      expect(await alice.settle()).toEqual([]);
      clock.advance(30_000);
      const codes = await Promise.all(crowd.map((one) => one.closeCode()));
      expect(new Set(codes)).toEqual(new Set([1001]));
      await waitUntil(() => endpoint.socketCount === 1, "all sockets but one to be closed");
      expect(await alice.settle()).toEqual([]);
      await collectGarbage();
      heaps.push(process.memoryUsage().heapUsed);
    }
    // 250 sockets take a megabyte in the server, and as much in the clients. The first waves also load code, so they do not count.
    expect(Math.min(...heaps.slice(-5)) - Math.min(...heaps.slice(5, 10))).toBeLessThan(1_000_000);
  });
});

describe("a client over a limit", () => {
  it("is closed with 1009 if one message is too large", async () => {
    const { endpoint, client } = await serveEndpoint({ maxFrameBytes: 1_000 });
    endpoint.channel("room:*", { join: () => {} });
    const [alice, bob] = [await client(), await client()];
    bob.send(["1", "1", "room:a", "phx_join", { fits: "x".repeat(900) }]);
    expect(await bob.take(1)).toEqual([reply("1", "1", "room:a")]);
    alice.send(["1", "1", "room:a", "phx_join", { huge: "x".repeat(1_000) }]);
    expect(await alice.closeCode()).toBe(1009);
    expect(await bob.settle()).toEqual([]);
  });

  it("may not join a 101st channel until it leaves one", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", { join: () => {} });
    const alice = await client();
    const join = (number: number) => [`${number}`, `${number}`, `room:${number}`, "phx_join", {}];
    alice.send(...Array.from({ length: 101 }, (_, index) => join(index + 1)));
    const answers = await alice.take(101);
    expect(answers.slice(0, 100)).toEqual(
      Array.from({ length: 100 }, (_, index) => reply(`${index + 1}`, `${index + 1}`, `room:${index + 1}`)),
    );
    expect(answers[100]).toEqual(refusal("101", "room:101", "too many channels joined"));
    alice.send(["7", "102", "room:7", "phx_leave", {}], join(103), ["8", "104", "room:8", "phx_join", {}]);
    expect((await alice.take(5)).slice(2)).toEqual([
      reply("103", "103", "room:103"),
      reply("8", "104", "room:8"),
      ["8", "8", "room:8", "phx_close", {}],
    ]);
  });

  it("gets refusals for messages over the rate, except heartbeats and leaves, until time has passed", async () => {
    const clock = manualClock();
    const { endpoint, client } = await serveEndpoint({ clock, maxMessagesPerSecond: 10 });
    let handled = 0;
    endpoint.channel("room:*", { join: () => {}, handleIn: () => void handled++ });
    const alice = await client();
    alice.send(["1", "1", "room:a", "phx_join", {}]);
    alice.send(...Array.from({ length: 12 }, (_, index) => ["1", `${index}`, "room:a", "hit", {}]));
    const [joined, ...others] = await alice.settle();
    expect(joined).toEqual(reply("1", "1", "room:a"));
    expect(others).toEqual(
      ["9", "10", "11"].map((ref) => reply("1", ref, "room:a", { reason: "too many messages" }, "error")),
    );
    expect(handled).toBe(9);
    clock.advance(100);
    alice.send(["1", "20", "room:a", "hit", {}], ["1", "21", "room:a", "hit", {}]);
    alice.send(["1", "22", "room:a", "phx_leave", {}]);
    expect(await alice.settle()).toEqual([
      reply("1", "21", "room:a", { reason: "too many messages" }, "error"),
      reply("1", "22", "room:a"),
      ["1", "1", "room:a", "phx_close", {}],
    ]);
    expect(handled).toBe(10);
  });

  it("is closed with 1008 if it sends ten times as many messages or pings", async () => {
    const clock = manualClock();
    const { client } = await serveEndpoint({ clock, maxMessagesPerSecond: 10 });
    const [alice, bob, carol] = [await client(), await client(), await client()];
    alice.send(...Array.from({ length: 101 }, () => [null, "1", "phoenix", "heartbeat", {}]));
    for (let count = 0; count < 101; count++) bob.socket.ping();
    carol.send(...Array.from({ length: 99 }, () => [null, "1", "phoenix", "heartbeat", {}]));
    expect([await alice.closeCode(), await bob.closeCode()]).toEqual([1008, 1008]);
    expect(alice.frames).toHaveLength(100);
    expect(await carol.settle()).toHaveLength(99);
  });

  it("gets no more through because its messages hold up the event loop", async () => {
    const clock = manualClock();
    const { endpoint, client } = await serveEndpoint({ clock });
    let handled = 0;
    endpoint.channel("room:*", {
      join: () => {},
      handleIn() {
        handled++;
        clock.advance(40);
      },
    });
    const alice = await client();
    alice.send(["1", "0", "room:a", "phx_join", {}]);
    await alice.take(1);
    // All in one write: 44 s of work.
    const socket = (alice.socket as unknown as { _socket: { cork(): void; uncork(): void } })._socket;
    socket.cork();
    alice.send(...Array.from({ length: 1_100 }, (_, index) => ["1", `${index}`, "room:a", "work", {}]));
    socket.uncork();
    const refused = await alice.take(801);
    expect([handled, refused.length]).toEqual([299, 801]);
    expect(refused[0]).toEqual(reply("1", "299", "room:a", { reason: "too many messages" }, "error"));
    clock.advance(100);
    alice.send(...Array.from({ length: 40 }, (_, index) => ["1", `${index}`, "room:a", "work", {}]));
    await alice.take(10);
    expect(handled).toBe(299 + 30);
  });

  it("gets refusals for joins over maxJoinsPerSecond, and keeps the earlier join, until time has passed", async () => {
    const clock = manualClock();
    const { endpoint, client } = await serveEndpoint({ clock, maxJoinsPerSecond: 5 });
    const log: string[] = [];
    endpoint.channel("room:*", {
      join: (_payload, { topic }) => void log.push(`join ${topic}`),
      terminate: (reason, { topic }) => void log.push(`${reason} ${topic}`),
      handleIn: () => ({ ok: {} }),
    });
    const alice = await client();
    const join = (number: number, topic = `room:${number}`) => [
      `${number}`,
      `${number}`,
      topic,
      "phx_join",
      {},
    ];
    alice.send(...[1, 2, 3, 4, 5, 6].map((number) => join(number)), join(7, "room:1"));
    const tooMany = (ref: string, topic: string) => refusal(ref, topic, "too many joins");
    expect((await alice.settle()).slice(5)).toEqual([tooMany("6", "room:6"), tooMany("7", "room:1")]);
    alice.send(["1", "8", "room:1", "ping", {}]);
    expect(await alice.settle()).toEqual([reply("1", "8", "room:1")]);
    expect(log).toEqual([1, 2, 3, 4, 5].map((number) => `join room:${number}`));
    clock.advance(200);
    alice.send(join(9, "room:1"), join(10));
    expect(await alice.settle()).toEqual([
      reply("9", "9", "room:1"),
      ["1", "1", "room:1", "phx_close", {}],
      tooMany("10", "room:10"),
    ]);
    expect(log.slice(5)).toEqual(["rejoined room:1", "join room:1"]);
  });

  it("may join as many channels at once as maxChannels allows, leave them and join as many others", async () => {
    const { endpoint, client } = await serveEndpoint({ clock: manualClock(), maxMessagesPerSecond: 1_000 });
    endpoint.channel("room:*", { join: () => {} });
    const alice = await client();
    for (const place of ["tokyo", "paris"]) {
      const topics = Array.from({ length: 100 }, (_, index) => `room:${place} ${index}`);
      alice.send(...topics.map((topic) => ["1", "1", topic, "phx_join", {}]));
      expect(await alice.settle()).toEqual(topics.map((topic) => reply("1", "1", topic)));
      alice.send(...topics.map((topic) => ["1", "2", topic, "phx_leave", {}]));
      await alice.settle();
    }
  });

  it("is slowed down, and loses nothing, if it sends more bytes than maxBytesPerSecond", async () => {
    const clock = manualClock();
    const { endpoint, client } = await serveEndpoint({ clock });
    let handled = 0;
    endpoint.channel("room:*", { join: () => {}, handleIn: () => void handled++ });
    const [alice, bob] = [await client(), await client()];
    for (const one of [alice, bob]) one.send(["1", "0", "room:a", "phx_join", {}]);
    const large = { text: "x".repeat(65_000) };
    for (let count = 0; count < 200; count++) alice.send(["1", "1", "room:a", "upload", large]);
    const handledAfter = async (ms: number): Promise<number> => {
      clock.advance(ms);
      // Bob's messages get through meanwhile.
      await bob.settle();
      return handled;
    };
    // A second's worth is 16 messages, and the one that is over it is handled too.
    await waitUntil(async () => (await handledAfter(0)) === 17, "the messages of the first second");
    for (let second = 1; second <= 3; second++) {
      const least = handled;
      for (let part = 0; part < 10; part++) await handledAfter(100);
      expect(handled - least).toBeLessThanOrEqual(17);
    }
    await waitUntil(async () => (await handledAfter(100)) === 200, "all messages to be handled");
    clock.advance(1_000);
    expect(await alice.settle()).toEqual([reply("1", "0", "room:a")]);
  });

  it("can be closed while it is slowed down", async () => {
    const clock = manualClock();
    const { endpoint, client } = await serveEndpoint({
      clock,
      connect: () => ({ assigns: {}, id: "alice" }),
    });
    endpoint.channel("room:*", { join: () => {} });
    const alice = await client();
    alice.send(["1", "0", "room:a", "phx_join", {}]);
    for (let count = 0; count < 40; count++)
      alice.send([null, "1", "room:b", "upload", { text: "x".repeat(65_000) }]);
    await alice.take(10);
    endpoint.disconnect("alice");
    expect(await alice.closeCode()).toBe(1001);
    await waitUntil(() => endpoint.socketCount === 0, "the socket to be closed");
    // Otherwise ws gives up after 30 s, and closes the socket without the answer of the client.
  }, 20_000);

  it("can still leave and send heartbeats while maxPendingMessages wait for handlers", async () => {
    const { endpoint, client } = await serveEndpoint({ maxPendingMessages: 2 });
    endpoint.channel("room:*", { join: () => {}, handleIn: () => new Promise(() => {}) });
    const alice = await client();
    alice.send(["1", "0", "room:a", "phx_join", {}]);
    alice.send(...["1", "2"].map((ref) => ["1", ref, "room:a", "work", {}]));
    alice.send([null, "3", "phoenix", "heartbeat", {}], ["1", "4", "room:a", "phx_leave", {}]);
    expect(await alice.take(4)).toEqual([
      reply("1", "0", "room:a"),
      reply(null, "3", "phoenix"),
      reply("1", "4", "room:a"),
      ["1", "1", "room:a", "phx_close", {}],
    ]);
    alice.send(["2", "5", "room:a", "phx_join", {}]);
    expect(await alice.take(1)).toEqual([reply("2", "5", "room:a")]);
  });

  it("gets refusals for messages over maxPendingMessages, or over maxBufferedBytes, while handlers run", async () => {
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { endpoint, client } = await serveEndpoint({ maxPendingMessages: 3, maxBufferedBytes: 10_000 });
    endpoint.channel("room:*", {
      join: () => {},
      handleIn: async () => {
        await finished;
        return { ok: {} };
      },
    });
    const [alice, bob] = [await client(), await client()];
    alice.send(["1", "0", "room:a", "phx_join", {}]);
    alice.send(...["1", "2", "3", "4"].map((ref) => ["1", ref, "room:a", "work", {}]));
    const tooMany = { reason: "too many messages waiting" };
    expect(await alice.take(2)).toEqual([
      reply("1", "0", "room:a"),
      reply("1", "4", "room:a", tooMany, "error"),
    ]);
    const large = { text: "x".repeat(6_000) };
    bob.send(["1", "0", "room:a", "phx_join", {}]);
    bob.send(["1", "1", "room:a", "work", large], ["1", "2", "room:a", "work", large]);
    expect((await bob.take(2))[1]).toEqual(reply("1", "2", "room:a", tooMany, "error"));
    finish();
    expect(await alice.take(3)).toEqual(["1", "2", "3"].map((ref) => reply("1", ref, "room:a")));
    alice.send(...["5", "6", "7"].map((ref) => ["1", ref, "room:a", "work", {}]));
    expect(await alice.take(3)).toEqual(["5", "6", "7"].map((ref) => reply("1", ref, "room:a")));
    expect(await bob.take(1)).toEqual([reply("1", "1", "room:a")]);
  });

  it("gets refusals behind a join that never settles, and can disconnect", async () => {
    const { endpoint, client } = await serveEndpoint({ maxPendingMessages: 3 });
    endpoint.channel("room:*", { join: () => new Promise(() => {}) });
    endpoint.channel("plain", { join: () => {} });
    const alice = await client();
    alice.send(["0", "0", "room:a", "phx_join", {}]);
    alice.send(...["1", "2", "3"].map((ref) => [ref, ref, "plain", "phx_join", {}]));
    expect(await alice.take(1)).toEqual([refusal("3", "plain", "too many messages waiting")]);
    alice.socket.terminate();
    await waitUntil(() => endpoint.socketCount === 0, "the socket to be closed");
  });

  it("loses a channel whose handleOut is too slow for the broadcasts", async () => {
    const { endpoint, client, errors } = await serveEndpoint({ maxPendingMessages: 5 });
    endpoint.channel("room:*", {
      join: () => {},
      intercept: ["news"],
      handleOut: (_event, _payload, { assigns }) => (assigns["slow"] ? new Promise(() => {}) : undefined),
      handleIn: (_event, _payload, { assigns }) => {
        assigns["slow"] = true;
      },
    });
    const [alice, bob] = [await client(), await client()];
    alice.send(["1", "1", "room:a", "phx_join", {}], ["1", "2", "room:a", "slow", {}]);
    bob.send(["2", "2", "room:a", "phx_join", {}]);
    await Promise.all([alice.settle(), bob.settle()]);
    for (let count = 0; count < 6; count++) endpoint.broadcast("room:a", "news", {});
    expect(await alice.settle()).toEqual([["1", "1", "room:a", "phx_error", { reason: "channel_crash" }]]);
    expect(await bob.settle()).toEqual([]);
    expect(errors).toHaveLength(1);
    expect(errors[0]![0]).toContain("raise maxPendingMessages");
  });
});

/** A text frame of a client. Its mask is all zeros, so its text is unchanged. */
function textFrame(text: string): Buffer {
  const data = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | data.length, 0, 0, 0, 0]), data]);
}

/** A client that joins over plain TCP, and then reads nothing. */
async function slowClient(port: number): Promise<Socket> {
  const tcp = connectTcp(port, "localhost");
  tcp.on("error", () => {});
  tcp.write("GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n");
  tcp.write(
    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await once(tcp, "data");
  tcp.pause();
  tcp.write(textFrame('["1","1","room:a","phx_join",{}]'));
  return tcp;
}

describe("a client that does not read", () => {
  it("is disconnected when more than maxBufferedBytes wait for it; the others get every frame", async () => {
    const { endpoint, client, port } = await serveEndpoint();
    const ends: string[] = [];
    endpoint.channel("room:*", { join: () => {}, terminate: (reason) => void ends.push(reason) });
    const readers = await Promise.all([client(), client(), client()]);
    for (const reader of readers) reader.send(["1", "1", "room:a", "phx_join", {}]);
    for (const reader of readers) await reader.take(1);
    const tcp = await slowClient(port);
    await waitUntil(() => endpoint.socketCount === 4, "the slow client to be connected");
    await readers[0]!.settle();

    // Send more than the buffers of the system and maxBufferedBytes hold.
    const text = "x".repeat(64 * 1_024);
    const count = 300;
    for (let number = 0; number < count; number++) {
      endpoint.broadcast("room:a", "news", { number, text });
      // The others read in between, as real clients do.
      if (number % 10 === 9) for (const reader of readers) reader.frames.push(...(await reader.settle()));
    }
    expect(ends).toEqual(["disconnected"]);
    await waitUntil(() => endpoint.socketCount === 3, "the slow client to be disconnected");
    for (const reader of readers) {
      const numbers = (await reader.take(count)).map(
        (frame) => (frame as [0, 0, 0, 0, { number: number }])[4].number,
      );
      expect(numbers).toEqual(Array.from({ length: count }, (_, number) => number));
      expect(reader.closed).toBe(undefined);
    }
    tcp.destroy();
  });

  it("may be disconnected by the reply to a join, and then has not joined", async () => {
    const { endpoint, client, port } = await serveEndpoint();
    const log: string[] = [];
    endpoint.channel("room:*", {
      join: () => {},
      afterJoin: ({ topic }) => void log.push(topic),
      terminate: (reason, { topic }) => void log.push(`${reason} ${topic}`),
    });
    const tcp = await slowClient(port);
    const bob = await client();
    await waitUntil(() => log.length === 1, "the slow client to have joined");
    endpoint.broadcast("room:a", "huge", { text: "x".repeat(30_000_000) });
    tcp.write(textFrame('["2","2","room:b","phx_join",{}]'));
    await waitUntil(() => endpoint.socketCount === 1, "the slow client to be disconnected");
    await bob.settle();
    expect(log).toEqual(["room:a", "disconnected room:a", "disconnected room:b"]);
    tcp.destroy();
  });

  it("is disconnected if it sends pings: the pongs do not pile up without limit", async () => {
    const { endpoint, client, port } = await serveEndpoint({ maxMessagesPerSecond: 1_000_000 });
    endpoint.channel("room:*", { join: () => {} });
    const bob = await client();
    const tcp = await slowClient(port);
    await waitUntil(() => endpoint.socketCount === 2, "the slow client to be connected");
    const pings = Buffer.concat(
      Array.from({ length: 4_000 }, () =>
        Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)]),
      ),
    );
    for (let bytes = 0; endpoint.socketCount === 2; bytes += pings.length) {
      expect(bytes).toBeLessThan(100_000_000);
      // The pongs fill the buffers of the system and then maxBufferedBytes. Then the server disconnects this client.
      if (!tcp.write(pings)) await Promise.race([once(tcp, "drain"), once(tcp, "close")]);
      await bob.settle();
    }
    expect(bob.closed).toBe(undefined);
    tcp.destroy();
  });
});
