import { describe, expect, it } from "vitest";
import type { LimitError } from "../../src/index.ts";
import type { ChannelHandlers } from "../../src/phoenix/index.ts";
import { type RawClient, reply, unmatched } from "./raw-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

const room: ChannelHandlers = {
  join: () => {},
  handleIn(event, payload, socket) {
    const bytes = payload instanceof Uint8Array ? payload : new Uint8Array();
    switch (event) {
      case "ping":
        return { ok: payload instanceof Uint8Array ? Buffer.concat([Buffer.from("pong:"), bytes]) : {} };
      case "push_bin":
        return socket.push("bin_event", bytes);
      case "shout_bin":
        return socket.broadcast("bin_event", bytes);
      default:
        return undefined;
    }
  },
};

const push = (joinRef: string, ref: string, topic: string, event: string, ...data: number[]): Buffer => {
  const parts = [joinRef, ref, topic, event].map((text) => Buffer.from(text));
  return Buffer.concat([Buffer.from([0, ...parts.map(({ length }) => length)]), ...parts, Buffer.from(data)]);
};

describe("bytes", () => {
  it("come and go as the recorded frames of the reference", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", room);
    const [alice, bob] = [await client(), await client()];
    alice.send(["1", "1", "room:bin", "phx_join", {}]);
    bob.send(["5", "6", "room:bin", "phx_join", {}]);
    await alice.take(1);
    await bob.take(1);
    alice.send(
      ...["AAEBCAQxMnJvb206YmlucGluZwEC/w==", "AAEBCAgxM3Jvb206YmlucHVzaF9iaW4JCA=="],
      ...["AAEBCAkxNHJvb206Ymluc2hvdXRfYmluAA==", "AAEBCAQxNXJvb206YmlucGluZw=="],
    );
    // These were text, and no JSON.
    expect(await alice.closeCode()).toBe(1011);

    const carol = await client();
    carol.send(["1", "1", "room:bin", "phx_join", {}]);
    await carol.take(1);
    const recorded = [
      "AAEBCAQxMnJvb206YmlucGluZwEC/w==",
      "AAEBCAgxM3Jvb206YmlucHVzaF9iaW4JCA==",
      "AAEBCAkxNHJvb206Ymluc2hvdXRfYmluAA==",
      "AAEBCAQxNXJvb206YmlucGluZw==",
      // An empty join ref is not this join's, and not none: dropped.
      "AAABCAQ2cm9vbTpiaW5waW5nAQ==",
      // To a topic that is not joined: text.
      "AAEBDQQxN3Jvb206w7wtb3RoZXJwaW5nAQ==",
    ];
    carol.send(...recorded.map((text) => Buffer.from(text, "base64")));
    expect(
      (await carol.settle()).map((seen) => (seen instanceof Buffer ? seen.toString("base64") : seen)),
    ).toEqual([
      "AQEBCAIxMnJvb206Ymlub2twb25nOgEC/w==",
      "AAEICTFyb29tOmJpbmJpbl9ldmVudAkI",
      "AggJcm9vbTpiaW5iaW5fZXZlbnQA",
      "AQEBCAIxNXJvb206Ymlub2twb25nOg==",
      unmatched("7", "room:ü-other"),
    ]);
    expect((await bob.settle()).map((seen) => (seen as Buffer).toString("base64"))).toEqual([
      "AggJcm9vbTpiaW5iaW5fZXZlbnQA",
    ]);
  });

  it("that no frame has room for are refused to who sends them", async () => {
    const { endpoint, client, errors } = await serveEndpoint();
    endpoint.channel("room:*", room);
    expect(() => endpoint.broadcast("room:a", "e".repeat(256), new Uint8Array(1))).toThrow(
      /The event has 256 bytes; a binary frame has room for 255/,
    );
    const alice = await client();
    const long = "é".repeat(128);
    alice.send([long, "1", "room:a", "phx_join", {}], [null, "2", "room:a", "push_bin", {}]);
    expect((await alice.settle()).at(-1)).toEqual([
      ...[long, long, "room:a", "phx_error", { reason: "channel_crash" }],
    ]);
    expect(errors[0]![0]).toContain("The join ref has 256 bytes");
  });

  it("go with refs that are no text as their JSON", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", room);
    const alice = await client();
    alice.send([12, 1, "room:a", "phx_join", {}], [12, 2, "room:a", "push_bin", {}]);
    const [, bytes] = await alice.take(2);
    expect((bytes as Buffer).toString()).toBe("\x00\x02\x06\x0912room:abin_event");
  });

  it("can't be had by a client of version 1.0.0: its push crashes, its broadcast is reported", async () => {
    const { endpoint, client, errors } = await serveEndpoint();
    endpoint.channel("room:*", room);
    const [old, young] = [await client("vsn=1.0.0"), await client()];
    old.send({ topic: "room:a", event: "phx_join", payload: {}, ref: "1" });
    young.send(["1", "1", "room:a", "phx_join", {}]);
    await old.take(1);
    await young.take(1);
    endpoint.broadcast("room:a", "bytes", new Uint8Array([1]));
    endpoint.broadcast("room:a", "text", {});
    expect(await old.take(1)).toEqual([{ topic: "room:a", event: "text", payload: {}, ref: null }]);
    expect((await young.take(2))[0]).toEqual(Buffer.from("\x02\x06\x05room:abytes\x01"));
    old.send({ topic: "room:a", event: "push_bin", payload: {}, ref: "2" });
    expect(await old.take(1)).toEqual([
      { topic: "room:a", event: "phx_error", payload: { reason: "channel_crash" }, ref: null },
    ]);
    expect(errors.map(([, { during }]) => during)).toEqual(["send", "send"]);
  });

  it("throw where the server named what is too long, whoever the client is", async () => {
    const { endpoint, client } = await serveEndpoint();
    const told: unknown[] = [];
    const attempt = (call: () => void): void => {
      try {
        call();
      } catch (error) {
        told.push((error as LimitError).limit);
      }
    };
    endpoint.channel("room:*", {
      join: () => {},
      handleIn: (_event, _payload, socket, ref) => {
        const [bytes, long] = [new Uint8Array([1]), "e".repeat(256)];
        attempt(() => socket.push(long, bytes));
        attempt(() => socket.reply(ref, { status: long, response: bytes }));
        return { ok: {} };
      },
    });
    const alice = await client();
    alice.send(["1", "1", "room:a", "phx_join", {}], ["1", "2", "room:a", "any", {}]);
    expect(await alice.take(2)).toEqual([reply("1", "1", "room:a"), reply("1", "2", "room:a")]);
    expect(told).toEqual(["event", "status"]);
  });

  it("never throw where nobody catches it, whatever refs a client takes", async () => {
    const { endpoint, client, errors } = await serveEndpoint();
    let later = (): void => {};
    endpoint.channel("room:*", {
      join: () => {},
      handleIn: (_event, _payload, socket, ref) => {
        later = () => socket.reply(ref, { ok: new Uint8Array([1]) });
      },
    });
    const alice = await client();
    const long = "r".repeat(300);
    alice.send(["1", "1", "room:a", "phx_join", {}], ["1", long, "room:a", "any", {}]);
    await alice.settle();
    later();
    expect(await alice.take(1)).toEqual([["1", "1", "room:a", "phx_error", { reason: "channel_crash" }]]);
    expect(errors.map(([, { during }]) => during)).toEqual(["send"]);
  });
});

describe("version 1.0.0", () => {
  const message = { topic: "room:a", event: "phx_join", payload: {}, ref: "1" };

  it("takes an object, in a text frame or a binary one, with a join ref and more if it has them", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", room);
    const alice = await client("vsn=1.0.0");
    alice.send(Buffer.from(JSON.stringify({ ...message, join_ref: "9", more: 1 })));
    alice.send({ ...message, event: "phx_leave", ref: 2 });
    alice.send({ ...message, ref: null }, { ...message, event: "phx_leave", ref: "3" });
    alice.send({ topic: "phoenix", event: "heartbeat", payload: {}, ref: "4" });
    const ok = { event: "phx_reply", payload: { response: {}, status: "ok" }, topic: "room:a" };
    expect(await alice.take(7)).toEqual([
      { ...ok, ref: "1" },
      { ...ok, ref: 2 },
      { event: "phx_close", payload: {}, ref: "9", topic: "room:a" },
      { ...ok, ref: null },
      { ...ok, ref: "3" },
      { event: "phx_close", payload: {}, ref: null, topic: "room:a" },
      { ...ok, ref: "4", topic: "phoenix" },
    ]);
  });

  it.each(["topic", "event", "payload", "ref"])("closes with 1011 where %s is missing", async (name) => {
    const { client } = await serveEndpoint();
    const alice = await client("vsn=1.0.0");
    alice.send({ ...message, [name]: undefined });
    expect(await alice.closeCode()).toBe(1011);
  });

  it.each(["[]", "null", "5", '"text"', "", "{"])("closes with 1011 for %j", async (text) => {
    const { client } = await serveEndpoint();
    const alice = await client("vsn=1.0.0");
    alice.send(text);
    expect(await alice.closeCode()).toBe(1011);
  });
});

describe("a frame that is no message", () => {
  it.each([
    ["no JSON", "nonsense"],
    ["nothing", ""],
    ["an object", "{}"],
    ["null", "null"],
    ["an array of four", '["1","1","a","b"]'],
    ["half of a character", '["1","1","room:a","phx_join","\\ud800"]'],
    ["half of a character in a key", '["1","1","room:a","phx_join",{"\\uDC00":1}]'],
    ["no bytes", Buffer.alloc(0)],
    ["bytes of another kind", Buffer.from([1, 0, 0, 0, 0])],
    ["bytes that are cut short", push("1", "1", "room:a", "ping").subarray(0, 9)],
    ["bytes of a topic that is no UTF-8", Buffer.from([0, 1, 1, 2, 1, 49, 49, 0xc3, 0x28, 50])],
    ["JSON text as bytes", Buffer.from('["1","1","room:a","ping",{}]')],
  ])("such as %s closes with 1011", async (_what, frame) => {
    const { client } = await serveEndpoint();
    const alice = await client();
    alice.send(frame);
    expect(await alice.closeCode()).toBe(1011);
  });

  it("leaves whole characters alone, escaped or not", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", { join: (payload) => ({ ok: { payload } }) });
    const alice = await client();
    alice.send('["1","1","room:a","phx_join","\\ud83d\\ude00 😀 \\\\ud800"]');
    expect(await alice.take(1)).toEqual([reply("1", "1", "room:a", { payload: "😀 😀 \\ud800" })]);
  });

  it("closes with 1007 for text that is no UTF-8, and takes what comes in fragments", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", room);
    const [alice, bob] = [await client(), await client()];
    alice.socket.send(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), { binary: false });
    expect(await alice.closeCode()).toBe(1007);
    bob.socket.send('["1","1","room:a",', { fin: false });
    bob.socket.send('"phx_join",{}]', { fin: true });
    expect(await bob.take(1)).toEqual([reply("1", "1", "room:a")]);
  });

  it("echoes refs of any kind, and is not brought down by any depth", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", { ...room, handleIn: (_event, payload) => ({ ok: { payload } }) });
    const [alice, bob, carol] = [await client(), await client(), await client()];
    alice.send([{ a: 1 }, [2], "room:a", "phx_join", {}]);
    expect(await alice.take(1)).toEqual([reply({ a: 1 }, [2], "room:a")]);
    alice.send(`[{"a":1},"3","room:a","echo",${deep}]`);
    const [echoed] = await alice.take(1);
    expect((echoed as unknown[]).slice(1, 4)).toEqual(
      writesAnyDepth ? ["3", "room:a", "phx_reply"] : [{ a: 1 }, "room:a", "phx_error"],
    );
    bob.send(`["1",${deep},"room:a","phx_join",{}]`);
    carol.send(`["1","1",${deep},"phx_join",{}]`);
    await isAnsweredOrClosed(bob);
    await isAnsweredOrClosed(carol);
    expect(await alice.settle()).toEqual([]);
  });

  it("is not brought down by any depth of what it refuses, either", async () => {
    const { endpoint, client } = await serveEndpoint({ maxMessagesPerSecond: 1 });
    endpoint.channel("room:*", room);
    const [alice, bob] = [await client(), await client()];
    alice.send(["1", "1", "room:a", "phx_join", {}], `["1","2",${deep},"phx_join",{}]`);
    await alice.take(1);
    await isAnsweredOrClosed(alice);
    expect(await bob.settle()).toEqual([]);
  });

  const deep = "[".repeat(20_000) + "]".repeat(20_000);
  // What a Node can read it can't always write: up to 24 the stack is too small for it, from 26 on no stack is needed.
  const writesAnyDepth = (() => {
    try {
      return JSON.stringify(JSON.parse(deep)) === deep;
    } catch {
      return false;
    }
  })();

  /** Answered by a Node that can write what was asked, closed by another. */
  async function isAnsweredOrClosed(client: RawClient): Promise<void> {
    if (writesAnyDepth) expect(await client.take(1)).toHaveLength(1);
    else expect(await client.closeCode()).toBe(1011);
  }
});
