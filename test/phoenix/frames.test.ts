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

describe("binary frames", () => {
  it("are read and written like the recorded frames of the reference", async () => {
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
    // These are text frames, and not JSON.
    expect(await alice.closeCode()).toBe(1011);

    const carol = await client();
    carol.send(["1", "1", "room:bin", "phx_join", {}]);
    await carol.take(1);
    const recorded = [
      "AAEBCAQxMnJvb206YmlucGluZwEC/w==",
      "AAEBCAgxM3Jvb206YmlucHVzaF9iaW4JCA==",
      "AAEBCAkxNHJvb206Ymluc2hvdXRfYmluAA==",
      "AAEBCAQxNXJvb206YmlucGluZw==",
      // Dropped: an empty join ref is not that of the current join, and not a missing one.
      "AAABCAQ2cm9vbTpiaW5waW5nAQ==",
      // Answered with text: the topic is not joined.
      "AAEBDQQxN3Jvb206w7wtb3RoZXJwaW5nAQ==",
    ];
    carol.send(...recorded.map((text) => Buffer.from(text, "base64")));
    expect(
      (await carol.settle()).map((frame) => (frame instanceof Buffer ? frame.toString("base64") : frame)),
    ).toEqual([
      "AQEBCAIxMnJvb206Ymlub2twb25nOgEC/w==",
      "AAEICTFyb29tOmJpbmJpbl9ldmVudAkI",
      "AggJcm9vbTpiaW5iaW5fZXZlbnQA",
      "AQEBCAIxNXJvb206Ymlub2twb25nOg==",
      unmatched("7", "room:ü-other"),
    ]);
    expect((await bob.settle()).map((frame) => (frame as Buffer).toString("base64"))).toEqual([
      "AggJcm9vbTpiaW5iaW5fZXZlbnQA",
    ]);
  });

  it("with a name that is too long are refused: the call of the server throws, or the channel of the client ends", async () => {
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

  it("carry a ref that is not a string as its JSON", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", room);
    const alice = await client();
    alice.send([12, 1, "room:a", "phx_join", {}], [12, 2, "room:a", "push_bin", {}]);
    const [, bytes] = await alice.take(2);
    expect((bytes as Buffer).toString()).toBe("\x00\x02\x06\x0912room:abin_event");
  });

  it("do not reach a client of version 1.0.0: a push ends its channel, and a broadcast is reported", async () => {
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

  it("throw to the server if its event or status is too long, and the channel goes on", async () => {
    const { endpoint, client } = await serveEndpoint();
    const exceeded: unknown[] = [];
    const attempt = (call: () => void): void => {
      try {
        call();
      } catch (error) {
        exceeded.push((error as LimitError).limit);
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
    expect(exceeded).toEqual(["event", "status"]);
  });

  it("do not throw in a timer of the server if the ref of the client is too long: the channel ends", async () => {
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

  it("reads an object in a text frame or a binary one, with or without a join ref and unknown members", async () => {
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

  it.each(["topic", "event", "payload", "ref"])(
    "closes the socket with 1011 if %s is missing",
    async (name) => {
      const { client } = await serveEndpoint();
      const alice = await client("vsn=1.0.0");
      alice.send({ ...message, [name]: undefined });
      expect(await alice.closeCode()).toBe(1011);
    },
  );

  it.each(["[]", "null", "5", '"text"', "", "{"])("closes the socket with 1011 for %j", async (text) => {
    const { client } = await serveEndpoint();
    const alice = await client("vsn=1.0.0");
    alice.send(text);
    expect(await alice.closeCode()).toBe(1011);
  });
});

describe("a malformed message", () => {
  it.each([
    ["text that is not JSON", "nonsense"],
    ["an empty text", ""],
    ["an object", "{}"],
    ["null", "null"],
    ["an array of four", '["1","1","a","b"]'],
    ["a lone surrogate", '["1","1","room:a","phx_join","\\ud800"]'],
    ["a lone surrogate in a key", '["1","1","room:a","phx_join",{"\\uDC00":1}]'],
    ["an empty binary frame", Buffer.alloc(0)],
    ["a binary frame of another kind", Buffer.from([1, 0, 0, 0, 0])],
    ["a binary frame that is cut short", push("1", "1", "room:a", "ping").subarray(0, 9)],
    ["a binary frame with a topic that is not UTF-8", Buffer.from([0, 1, 1, 2, 1, 49, 49, 0xc3, 0x28, 50])],
    ["JSON text in a binary frame", Buffer.from('["1","1","room:a","ping",{}]')],
  ])("such as %s closes the socket with 1011", async (_what, frame) => {
    const { client } = await serveEndpoint();
    const alice = await client();
    alice.send(frame);
    expect(await alice.closeCode()).toBe(1011);
  });
});

describe("an unusual message", () => {
  it("may contain surrogate pairs, escaped or not", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", { join: (payload) => ({ ok: { payload } }) });
    const alice = await client();
    alice.send('["1","1","room:a","phx_join","\\ud83d\\ude00 😀 \\\\ud800"]');
    expect(await alice.take(1)).toEqual([reply("1", "1", "room:a", { payload: "😀 😀 \\ud800" })]);
  });

  it("closes the socket with 1007 if it is not UTF-8, and may come in fragments", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", room);
    const [alice, bob] = [await client(), await client()];
    alice.socket.send(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), { binary: false });
    expect(await alice.closeCode()).toBe(1007);
    bob.socket.send('["1","1","room:a",', { fin: false });
    bob.socket.send('"phx_join",{}]', { fin: true });
    expect(await bob.take(1)).toEqual([reply("1", "1", "room:a")]);
  });

  it("may have refs of any type, and may be nested to any depth", async () => {
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

  it("may be nested to any depth and be over the rate", async () => {
    const { endpoint, client } = await serveEndpoint({ maxMessagesPerSecond: 1 });
    endpoint.channel("room:*", room);
    const [alice, bob] = [await client(), await client()];
    alice.send(["1", "1", "room:a", "phx_join", {}], `["1","2",${deep},"phx_join",{}]`);
    await alice.take(1);
    await isAnsweredOrClosed(alice);
    expect(await bob.settle()).toEqual([]);
  });

  const deep = "[".repeat(20_000) + "]".repeat(20_000);
  // Some versions of Node read JSON of this depth and can't write it: up to 24 the stack is too small, and from 26 on no stack is needed.
  const writesAnyDepth = (() => {
    try {
      return JSON.stringify(JSON.parse(deep)) === deep;
    } catch {
      return false;
    }
  })();

  /** The server answers if its version of Node can write the reply, and closes the socket otherwise. */
  async function isAnsweredOrClosed(client: RawClient): Promise<void> {
    if (writesAnyDepth) expect(await client.take(1)).toHaveLength(1);
    else expect(await client.closeCode()).toBe(1011);
  }
});
