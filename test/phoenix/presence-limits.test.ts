import { describe, expect, it } from "vitest";
import { createPresence, type Meta, memoryPubSub, type PresenceOptions } from "../../src/index.ts";
import { presenceChannel } from "../../src/phoenix/index.ts";
import { manualClock } from "../../src/testing/index.ts";
import { join, officialSocket } from "./official-client.ts";
import { pushAndWait } from "./official-member.ts";
import { type ReceivedFrame, reply } from "./raw-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";
import { serveRooms } from "./serve-rooms.ts";

/** Rooms whose clients update their own meta. The handler catches nothing. */
async function serve(options: Partial<PresenceOptions> = {}) {
  const clock = manualClock();
  const presence = await createPresence({ pubsub: memoryPubSub(), clock, ...options });
  const cast = await serveEndpoint({ maxMessagesPerSecond: 1_000, clock });
  const log: string[] = [];
  cast.endpoint.channel(
    "room:*",
    presenceChannel({
      presence,
      key: () => "alice",
      terminate: (reason) => void log.push(reason),
      handleIn(_event, payload, socket) {
        presence.update(socket, socket.topic, "alice", payload as Meta);
        return { ok: {} };
      },
    }),
  );
  return { ...cast, presence, log, clock };
}

const replies = (frames: ReceivedFrame[]) =>
  frames.filter((frame) => (frame as unknown[])[3] === "phx_reply");

describe("a client over a limit of the presence", () => {
  it("gets an error reply with a reason, and its channel goes on", async () => {
    const { client, log, errors, presence, clock } = await serve({ maxPresenceChangesPerSecond: 5 });
    const alice = await client();
    alice.send(["1", "0", "room:a", "phx_join", {}]);
    alice.send(...[1, 2, 3, 4, 5, 6, 7].map((n) => ["1", `${n}`, "room:a", "update", { n }]));
    const tooMany = { reason: "too many presence changes" };
    expect(replies(await alice.settle()).slice(5)).toEqual([
      reply("1", "5", "room:a"),
      ...["6", "7"].map((ref) => reply("1", ref, "room:a", tooMany, "error")),
    ]);
    expect(await presence.list("room:a")).toMatchObject({ alice: { metas: [{ n: 5 }] } });
    expect(errors.map(([message]) => message.slice(0, 40))).toEqual(
      Array(2).fill("This owner has changed its presences 5 t"),
    );
    clock.advance(200);
    alice.send(["1", "8", "room:a", "update", { n: 8 }]);
    expect(replies(await alice.settle())).toEqual([reply("1", "8", "room:a")]);
    expect(log).toEqual([]);
  });

  it("gets the reason of the limit that it exceeds, from an async handler too", async () => {
    const { endpoint, client, presence } = await serve({ maxMetaBytes: 100 });
    endpoint.channel("async:*", {
      join: () => {},
      handleIn: async (_event, _payload, { topic }) => {
        await Promise.resolve();
        presence.track(AbortSignal.abort(), topic, "k".repeat(300));
      },
    });
    const alice = await client();
    alice.send(
      ["1", "0", "room:a", "phx_join", {}],
      ["1", "1", "room:a", "update", { text: "x".repeat(100) }],
    );
    alice.send(["1", "0", "async:a", "phx_join", {}], ["1", "1", "async:a", "track", {}]);
    const reasons = replies(await alice.settle()).flatMap((frame) => {
      const [, , topic, , { response }] = frame as [0, 0, string, 0, { response: { reason?: string } }];
      return response.reason === undefined ? [] : [`${topic} ${response.reason}`];
    });
    expect(reasons.toSorted()).toEqual(["async:a key too long", "room:a meta too large"]);
  });

  it("can't hold more presences through a hundred channels than maxPerOwner allows", async () => {
    const { client, presence } = await serve({ maxPerOwner: 3 });
    const [alice, bob] = [await client(), await client()];
    alice.send(...Array.from({ length: 100 }, (_, index) => ["1", "1", `room:${index}`, "phx_join", {}]));
    await alice.settle();
    expect(presence.topics()).toHaveLength(3);
    bob.send(["1", "1", "room:bob", "phx_join", {}]);
    await bob.settle();
    expect(presence.topics()).toHaveLength(4);
    // A channel that joins again replaces its own presence.
    bob.send(["2", "2", "room:bob", "phx_join", {}]);
    await bob.settle();
    expect(presence.count("room:bob")).toBe(1);
  });

  it("is not joined again and again by the official client", async () => {
    const { port } = await serveRooms();
    const alice = join(officialSocket(port, { user: "alice" }), "room:lobby");
    await alice.sees("alice");
    const answers = await Promise.all(
      Array.from({ length: 290 }, (_, n) => pushAndWait(alice.channel, "update", { n, pad: "" })),
    );
    expect(new Set(answers.map(([status]) => status))).toEqual(new Set(["ok"]));
    const huge = await pushAndWait(alice.channel, "update", { text: "x".repeat(5_000) });
    expect(huge).toEqual(["error", { reason: "meta too large" }]);
    expect(alice.channel.state).toBe("joined");
    expect(alice.joins).toHaveLength(1);
  });
});
