import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import { createPresence, memoryPubSub } from "../../src/index.ts";
import { presenceChannel } from "../../src/phoenix/index.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { type RawClient, type ReceivedFrame, reply } from "./raw-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

/** A server that does what its clients ask, and alice, who is in a room. */
async function serveTown() {
  const presence = await createPresence({ pubsub: memoryPubSub() });
  const cast = await serveEndpoint({ maxMessagesPerSecond: 1_000_000, maxJoinsPerSecond: 1_000_000 });
  cast.endpoint.channel(
    "room:*",
    presenceChannel({
      presence,
      key: () => "anyone",
      handleIn(event, payload, socket) {
        if (event === "push") socket.push("pushed", payload as object);
        if (event === "shout") socket.broadcast("shouted", payload as object);
        return { ok: { payload } };
      },
    }),
  );
  const alice = await cast.client();
  alice.send(["1", "1", "room:alice", "phx_join", {}]);
  await alice.take(2);
  return { ...cast, presence, alice };
}

const oddValue = fc.oneof(
  fc.constantFrom(null, true, 0, -1, 1.5, 1e21, "", "phoenix", "room:a", "room:", "phx_join", "phx_leave"),
  fc.constantFrom(
    "heartbeat",
    "push",
    "shout",
    "phx_close",
    "phx_reply",
    "__proto__",
    "\u0000",
    "💥".repeat(300),
  ),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.jsonValue({ maxDepth: 3 }),
);
const topic = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("room:a", "room:b") },
  { weight: 1, arbitrary: oddValue },
);
const event = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("phx_join", "phx_leave", "push", "shout", "other") },
  { weight: 1, arbitrary: oddValue },
);
const ref = fc.oneof(fc.constantFrom("1", null, 1), oddValue);
/** Each position holds a valid value, or any other value. */
const array = fc.tuple(ref, ref, topic, event, oddValue);
const members = { join_ref: ref, ref, topic, event, payload: oddValue };
const object = fc.oneof(
  { weight: 9, arbitrary: fc.record(members) },
  { weight: 1, arbitrary: fc.record(members, { requiredKeys: [] }) },
);
const bytes = fc
  .tuple(fc.constantFrom("1", "", "9"), fc.constantFrom("1", ""), fc.constantFrom("room:a", "room:b", "x"))
  .chain(([joinRef, ref, topic]) =>
    fc
      .tuple(fc.constantFrom("push", "shout", "phx_join", "phx_leave"), fc.uint8Array())
      .map(([event, data]) => {
        const parts = [joinRef, ref, topic, event].map((text) => Buffer.from(text));
        return Buffer.concat([Buffer.from([0, ...parts.map(({ length }) => length)]), ...parts, data]);
      }),
  );
const messages = {
  "2.0.0": fc.oneof({ weight: 5, arbitrary: array.map((message) => JSON.stringify(message)) }, bytes),
  "1.0.0": object.map((message) => JSON.stringify(message)),
};
const nonsense = fc.oneof(
  messages["2.0.0"],
  messages["1.0.0"],
  fc.uint8Array({ maxLength: 600 }).map((data) => Buffer.from(data)),
  fc.string(),
);
/** Mostly complete frames of this version: any other closes the connection, and the frames after it are not read. */
const frames = (version: keyof typeof messages) =>
  fc.array(
    fc
      .tuple(
        fc.oneof(
          { weight: 9, arbitrary: messages[version] as fc.Arbitrary<string | Buffer> },
          { weight: 1, arbitrary: nonsense },
        ),
        fc.oneof(
          { weight: 9, arbitrary: fc.constant(1) },
          { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
        ),
      )
      .map(([data, part]) => data.slice(0, Math.floor(data.length * part))),
    { minLength: 5, maxLength: 20, size: "max" },
  );

describe("a hostile client", () => {
  it.each(["2.0.0", "1.0.0"] as const)(
    "that sends random frames of version %s is answered or closed with 1011, and no other client notices",
    async (vsn) => {
      const { alice, client, presence, endpoint } = await serveTown();
      const outcomes = { closed: 0, answered: 0 };
      await fc.assert(
        fc.asyncProperty(frames(vsn), async (frames) => {
          const mallory = await client(`vsn=${vsn}`);
          mallory.send(...frames);
          await closeClient(mallory);
          outcomes.answered += mallory.frames.length;
          if (mallory.closed === 1011) outcomes.closed++;
          expect([1011, 3000]).toContain(mallory.closed);
        }),
        { numRuns: Math.ceil(PROPERTY_RUNS / 5) },
      );
      expect(await alice.settle()).toEqual([]);
      await waitUntil(() => endpoint.socketCount === 1, "all other clients to be gone");
      expect([presence.topics(), presence.count("room:alice")]).toEqual([["room:alice"], 1]);
      expect(outcomes.closed).toBeGreaterThan(0);
      expect(outcomes.answered).toBeGreaterThan(0);
    },
  );

  it("that joins a thousand channels at once gets a hundred, and a reason for each of the others", async () => {
    const { alice, client, presence } = await serveTown();
    const mallory = await client();
    mallory.send(
      ...Array.from({ length: 1_000 }, (_, index) => [
        `${index}`,
        `${index}`,
        `room:${index}`,
        "phx_join",
        {},
      ]),
    );
    const frames: ReceivedFrame[] = await mallory.settle();
    const statuses = frames
      .filter((frame) => (frame as unknown[])[3] === "phx_reply")
      .map((frame) => (frame as [0, 0, 0, 0, { status: string; response: { reason?: string } }])[4]);
    expect(statuses.filter(({ status }) => status === "ok")).toHaveLength(100);
    expect(statuses.slice(100)).toEqual(
      Array(900).fill({ status: "error", response: { reason: "too many channels joined" } }),
    );
    expect(presence.topics()).toHaveLength(101);
    mallory.socket.terminate();
    await waitUntil(() => presence.topics().length === 1, "all its presences to be gone");
    expect(await alice.settle()).toEqual([]);
  });

  it("that sends a message which is too large, in one frame or in fragments, is closed with 1009", async () => {
    const { alice, client, presence } = await serveTown();
    const [whole, parts] = [await client(), await client()];
    whole.send("x".repeat(10_000_000));
    for (let count = 0; count < 100; count++) parts.socket.send("x".repeat(1_000), { fin: false });
    expect(await whole.closeCode()).toBe(1009);
    expect(await parts.closeCode()).toBe(1009);
    expect(presence.topics()).toEqual(["room:alice"]);
    expect(await alice.settle()).toEqual([]);
  });

  it("that breaks the WebSocket protocol is closed with the code for the violation", async () => {
    const { alice, client } = await serveTown();
    const raw = (mallory: RawClient) =>
      (mallory.socket as unknown as { _socket: { write(data: Buffer): void } })._socket;
    for (const [data, code] of [
      [[0x83, 0x80, 0, 0, 0, 0], 1002], // an unknown opcode
      [[0x81, 0x01, 0x78], 1002], // not masked
      [[0xc1, 0x80, 0, 0, 0, 0], 1002], // compressed without negotiation
      [[0x80, 0x80, 0, 0, 0, 0], 1002], // continues a message that never began
      [[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xec], 1002], // closes with a reserved code
      [[0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1009], // declares a huge length
    ] as const) {
      const mallory = await client();
      raw(mallory).write(Buffer.from(data));
      expect(await mallory.closeCode()).toBe(code);
    }
    expect(await alice.settle()).toEqual([]);
  });

  it("that sends names of prototypes gets them back as plain data", async () => {
    const { alice, client } = await serveTown();
    const mallory = await client();
    mallory.send(["1", "1", "room:a", "phx_join", {}]);
    mallory.send('["1","2","room:a","echo",{"__proto__":{"admin":true},"constructor":1}]');
    const answers = await mallory.take(3);
    expect(JSON.stringify(answers)).toContain('{"__proto__":{"admin":true},"constructor":1}');
    expect(({} as { admin?: boolean }).admin).toBe(undefined);
    expect(await alice.settle()).toEqual([]);
    alice.send(["1", "9", "room:alice", "phx_leave", {}]);
    expect((await alice.take(1))[0]).toEqual(reply("1", "9", "room:alice"));
  });
});

/** Closes the client, unless the server has closed it. The server has answered all earlier messages when this resolves. */
async function closeClient(client: RawClient): Promise<void> {
  client.socket.close(3000);
  await client.closeCode();
}
