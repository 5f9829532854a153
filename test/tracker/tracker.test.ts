import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { diffsOf, openTracker, soon } from "./open-tracker.ts";

describe("tracking", () => {
  it("makes a presence visible before it returns, with the ref that it returns", async () => {
    const tokyo = await openTracker();
    const ref = tokyo.track("session", "lobby", "alice", { device: "phone" });
    expect(tokyo.list("lobby")).toEqual([["alice", { device: "phone", phx_ref: ref }]]);
    expect(tokyo.getByKey("lobby", "alice")).toEqual([{ device: "phone", phx_ref: ref }]);
    expect([tokyo.count("lobby"), tokyo.count("lobby", "alice"), tokyo.keyCount("lobby")]).toEqual([1, 1, 1]);
    expect([tokyo.topics(), tokyo.presencesOf("session")]).toEqual([
      ["lobby"],
      [{ topic: "lobby", key: "alice", meta: { device: "phone", phx_ref: ref } }],
    ]);
  });

  it("needs no meta and accepts a number as key", async () => {
    const tokyo = await openTracker();
    const ref = tokyo.track("session", "lobby", 17);
    expect(tokyo.list("lobby")).toEqual([["17", { phx_ref: ref }]]);
    expect([tokyo.count("lobby", 17), tokyo.getByKey("lobby", 17).length]).toEqual([1, 1]);
    tokyo.update("session", "lobby", 17, { n: 1 });
    tokyo.untrack("session", "lobby", 17);
    expect(tokyo.topics()).toEqual([]);
  });

  it("refuses a key that this owner already holds, and changes nothing", async () => {
    const tokyo = await openTracker();
    tokyo.track("session", "lobby", "alice", { n: 1 });
    const diffs = diffsOf(tokyo);
    expect(() => tokyo.track("session", "lobby", "alice", { n: 2 })).toThrow(
      expect.objectContaining({ code: "ALREADY_TRACKED" }),
    );
    expect([tokyo.getByKey("lobby", "alice")[0]?.["n"], diffs]).toEqual([1, []]);
  });

  it("lets an owner hold many keys and topics, and a key have many owners", async () => {
    const tokyo = await openTracker();
    tokyo.track("phone", "lobby", "alice");
    tokyo.track("phone", "kitchen", "alice");
    tokyo.track("phone", "lobby", "bob");
    tokyo.track("laptop", "lobby", "alice");
    expect([tokyo.count("lobby"), tokyo.keyCount("lobby"), tokyo.count("lobby", "alice")]).toEqual([3, 2, 2]);
  });

  it("copies the meta and returns it frozen", async () => {
    const tokyo = await openTracker();
    const meta = { device: { name: "phone" } };
    tokyo.track("session", "lobby", "alice", meta);
    meta.device.name = "laptop";
    const [held] = tokyo.getByKey("lobby", "alice");
    expect(held?.["device"]).toEqual({ name: "phone" });
    expect(Object.isFrozen(held) && Object.isFrozen(held?.["device"])).toBe(true);
  });

  it("ends when the socket closes and leaves no listener on it", async () => {
    const tokyo = await openTracker();
    const socket = new EventEmitter();
    tokyo.track(socket, "lobby", "alice");
    tokyo.track(socket, "kitchen", "alice");
    expect(socket.listenerCount("close")).toBe(1);
    const diffs = diffsOf(tokyo);
    socket.emit("close");
    expect([tokyo.topics(), diffs]).toEqual([[], ["-alice @lobby", "-alice @kitchen"]]);
    expect(socket.listenerCount("close")).toBe(0);
  });

  it("keeps no listener on a socket without presences", async () => {
    const tokyo = await openTracker();
    const socket = new EventEmitter();
    tokyo.track(socket, "lobby", "alice");
    tokyo.track(socket, "lobby", "bob");
    tokyo.untrack(socket, "lobby", "alice");
    expect(socket.listenerCount("close")).toBe(1);
    tokyo.untrack(socket, "lobby", "bob");
    expect(socket.listenerCount("close")).toBe(0);
    tokyo.track(socket, "lobby", "alice");
    await tokyo.close();
    expect(socket.listenerCount("close")).toBe(0);
  });

  it("for an owner that has ended is one join and one leave, and replaces no pending leave", async () => {
    const tokyo = await openTracker({ leaveDelayMs: 60_000, maxPerTopic: 1 });
    tokyo.track("session", "lobby", "alice");
    tokyo.end("session");
    const diffs = diffsOf(tokyo);
    const ref = tokyo.track(AbortSignal.abort(), "lobby", "alice");
    expect(ref).toMatch(/\.\d+$/);
    expect(diffs).toEqual(["+alice @lobby", "-alice @lobby"]);
    expect(tokyo.count("lobby")).toBe(1);
  });

  it("refuses an owner, topic, key or meta of the wrong kind and keeps nothing of it", async () => {
    const tokyo = await openTracker();
    const wrong: [owner: never, topic: never, key: never, meta: never][] = [
      [{} as never, "lobby" as never, "alice" as never, {} as never],
      ["session" as never, "" as never, "alice" as never, {} as never],
      ["session" as never, "lobby" as never, Number.NaN as never, {} as never],
      ["session" as never, "lobby" as never, "alice" as never, [] as never],
      ["session" as never, "lobby" as never, "alice" as never, { at: new Date() } as never],
    ];
    for (const parameters of wrong) expect(() => tokyo.track(...parameters)).toThrow(TypeError);
    expect([tokyo.topics(), tokyo.presencesOf("session")]).toEqual([[], []]);
  });

  it("refuses presences over a limit, unless a pending leave makes room", async () => {
    const tokyo = await openTracker({ maxPerOwner: 3, maxPerKey: 2, maxPerTopic: 3, leaveDelayMs: 60_000 });
    const limitOf = (call: () => void) => {
      try {
        call();
      } catch (error) {
        return (error as { limit?: string }).limit;
      }
      return undefined;
    };
    tokyo.track("one", "lobby", "alice");
    tokyo.track("two", "lobby", "alice");
    expect(limitOf(() => tokyo.track("three", "lobby", "alice"))).toBe("maxPerKey");
    tokyo.track("three", "lobby", "bob");
    expect(limitOf(() => tokyo.track("four", "lobby", "carol"))).toBe("maxPerTopic");
    tokyo.track("one", "kitchen", "alice");
    tokyo.track("one", "cellar", "alice");
    expect(limitOf(() => tokyo.track("one", "attic", "alice"))).toBe("maxPerOwner");
    tokyo.end("two");
    tokyo.track("four", "lobby", "alice");
    expect(tokyo.count("lobby", "alice")).toBe(2);
    expect(tokyo.presencesOf("two")).toEqual([]);
  });

  it("refuses a presence too large for a message of the transport and keeps nothing of the owner", async () => {
    const pubsub = { ...memoryPubSub(), maxMessageBytes: 2_560 };
    const tokyo = await openTracker({ pubsub });
    const socket = new EventEmitter();
    expect(() => tokyo.track(socket, "lobby", "alice", { text: "a".repeat(1_300) })).toThrow(
      expect.objectContaining({ code: "LIMIT", limit: "maxMessageBytes" }),
    );
    expect([tokyo.topics(), socket.listenerCount("close")]).toEqual([[], 0]);
    tokyo.track(socket, "lobby", "alice", { text: "a".repeat(1_200) });
    expect(() => tokyo.update(socket, "lobby", "alice", { text: "a".repeat(1_300) })).toThrow(
      /maxMessageBytes|room/,
    );
    expect(tokyo.count("lobby")).toBe(1);
  });

  it("accepts any name for topics, keys and members", async () => {
    const tokyo = await openTracker();
    const names = ["__proto__", "constructor", "hasOwnProperty", "toString"];
    const seen: string[] = [];
    tokyo.on("diff", (diff) => {
      for (const [topic, { joins }] of diff) seen.push(topic, ...Object.keys(joins));
    });
    for (const name of names) tokyo.track(name, name, name, JSON.parse(`{"${name}":1}`));
    expect(seen).toEqual(names.flatMap((name) => [name, name]));
    for (const name of names)
      expect(tokyo.getByKey(name, name).map((meta) => Object.hasOwn(meta, name))).toEqual([true]);
  });
});

describe("updating", () => {
  it("replaces the meta in one diff and shows the previous ref", async () => {
    const tokyo = await openTracker();
    const before = tokyo.track("session", "lobby", "alice", { n: 1 });
    const diffs = diffsOf(tokyo);
    const after = tokyo.update("session", "lobby", "alice", (meta) => ({
      ...meta,
      n: (meta["n"] as number) + 1,
    }));
    expect(tokyo.getByKey("lobby", "alice")).toEqual([{ n: 2, phx_ref: after, phx_ref_prev: before }]);
    expect(diffs).toEqual(["+alice -alice @lobby"]);
  });

  it("changes nothing when the function throws or the presence does not exist", async () => {
    const tokyo = await openTracker();
    tokyo.track("session", "lobby", "alice", { n: 1 });
    const diffs = diffsOf(tokyo);
    const fails = () => {
      throw new RangeError("no");
    };
    expect(() => tokyo.update("session", "lobby", "alice", fails)).toThrow(RangeError);
    expect(() => tokyo.update("session", "lobby", "bob", {})).toThrow(
      expect.objectContaining({ code: "NOT_TRACKED" }),
    );
    expect(() => tokyo.update("nobody", "lobby", "alice", {})).toThrow(
      expect.objectContaining({ code: "NOT_TRACKED" }),
    );
    expect([tokyo.getByKey("lobby", "alice")[0]?.["n"], diffs]).toEqual([1, []]);
  });
});

describe("untracking", () => {
  it("removes one presence, or all presences of an owner in one event, and ignores missing ones", async () => {
    const tokyo = await openTracker();
    for (const topic of ["lobby", "kitchen", "cellar"]) tokyo.track("session", topic, "alice");
    let events = 0;
    tokyo.on("diff", () => events++);
    tokyo.untrack("session", "lobby", "alice");
    tokyo.untrack("session", "lobby", "alice");
    tokyo.untrack("nobody");
    expect([events, tokyo.topics()]).toEqual([1, ["kitchen", "cellar"]]);
    tokyo.untrack("session");
    expect([events, tokyo.topics()]).toEqual([2, []]);
  });
});

describe("two trackers of one process", () => {
  it("see each other's joins, updates and leaves, each once", async () => {
    const pubsub = memoryPubSub();
    const tokyo = await openTracker({ pubsub, replicaName: "tokyo", flushDelayMs: 0 });
    const paris = await openTracker({ pubsub, replicaName: "paris", flushDelayMs: 0 });
    const diffs = diffsOf(paris);
    const ref = tokyo.track("session", "lobby", "alice", { n: 1 });
    await soon(() => expect(paris.getByKey("lobby", "alice")).toEqual([{ n: 1, phx_ref: ref }]));
    tokyo.update("session", "lobby", "alice", { n: 2 });
    await soon(() => expect(paris.getByKey("lobby", "alice")[0]?.["n"]).toBe(2));
    tokyo.untrack("session");
    await soon(() => expect(paris.count("lobby")).toBe(0));
    expect(diffs).toEqual(["+alice @lobby", "+alice -alice @lobby", "-alice @lobby"]);
    const [self, other] = paris.replicas();
    expect([self?.name, self?.isLocal, other?.name, other?.status, other?.lag]).toEqual([
      "paris",
      true,
      "tokyo",
      "up",
      0,
    ]);
  });

  it("send one message for a thousand joins of one tick", async () => {
    const pubsub = memoryPubSub();
    const tokyo = await openTracker({ pubsub });
    const paris = await openTracker({ pubsub });
    await Promise.all([
      soon(() => expect(tokyo.replicas()).toHaveLength(2)),
      soon(() => expect(paris.replicas()).toHaveLength(2)),
    ]);
    const before = tokyo.traffic().sentMessages;
    let deltas = 0;
    paris.on("diff", () => deltas++);
    for (let owner = 0; owner < 1_000; owner++) tokyo.track(`${owner}`, "lobby", `user ${owner}`);
    await soon(() => expect(paris.count("lobby")).toBe(1_000));
    expect(deltas).toBe(1);
    // The change, and at most the heartbeat and greeting that were due anyway.
    expect(tokyo.traffic().sentMessages - before).toBeLessThanOrEqual(3);
  });
});
