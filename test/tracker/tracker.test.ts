import { EventEmitter } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { systemClock } from "../../src/time/clock.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { TrackerOptions } from "../../src/tracker/options/tracker-options.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";

const open: Tracker[] = [];

async function tracker(options: Partial<TrackerOptions> = {}): Promise<Tracker> {
  const made = await createTracker({ pubsub: memoryPubSub(), ...options });
  open.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((made) => made.close()));
});

/** Waits until `holds` no longer throws. The deadline only ends a test that would hang. */
function soon(holds: () => void): Promise<void> {
  return vi.waitFor(holds, { timeout: 45_000 });
}

/** Each diff event as text: `+alice -bob @lobby`. */
function diffsOf(from: Tracker): string[] {
  const diffs: string[] = [];
  from.on("diff", (diff) => {
    for (const [topic, { joins, leaves }] of diff) {
      const words = [
        ...Object.keys(joins).map((key) => `+${key}`),
        ...Object.keys(leaves).map((key) => `-${key}`),
      ];
      diffs.push([...words, `@${topic}`].join(" "));
    }
  });
  return diffs;
}

const keysOf = (from: Tracker, topic: string) => from.list(topic).map(([key]) => key);

describe("tracking", () => {
  it("makes a presence visible before it returns, with the ref that it returns", async () => {
    const tokyo = await tracker();
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
    const tokyo = await tracker();
    const ref = tokyo.track("session", "lobby", 17);
    expect(tokyo.list("lobby")).toEqual([["17", { phx_ref: ref }]]);
    expect([tokyo.count("lobby", 17), tokyo.getByKey("lobby", 17).length]).toEqual([1, 1]);
    tokyo.update("session", "lobby", 17, { n: 1 });
    tokyo.untrack("session", "lobby", 17);
    expect(tokyo.topics()).toEqual([]);
  });

  it("refuses a key that this owner already holds, and changes nothing", async () => {
    const tokyo = await tracker();
    tokyo.track("session", "lobby", "alice", { n: 1 });
    const diffs = diffsOf(tokyo);
    expect(() => tokyo.track("session", "lobby", "alice", { n: 2 })).toThrow(
      expect.objectContaining({ code: "ALREADY_TRACKED" }),
    );
    expect([tokyo.getByKey("lobby", "alice")[0]?.["n"], diffs]).toEqual([1, []]);
  });

  it("lets an owner hold many keys and topics, and a key have many owners", async () => {
    const tokyo = await tracker();
    tokyo.track("phone", "lobby", "alice");
    tokyo.track("phone", "kitchen", "alice");
    tokyo.track("phone", "lobby", "bob");
    tokyo.track("laptop", "lobby", "alice");
    expect([tokyo.count("lobby"), tokyo.keyCount("lobby"), tokyo.count("lobby", "alice")]).toEqual([3, 2, 2]);
  });

  it("copies the meta and returns it frozen", async () => {
    const tokyo = await tracker();
    const meta = { device: { name: "phone" } };
    tokyo.track("session", "lobby", "alice", meta);
    meta.device.name = "laptop";
    const [held] = tokyo.getByKey("lobby", "alice");
    expect(held?.["device"]).toEqual({ name: "phone" });
    expect(Object.isFrozen(held) && Object.isFrozen(held?.["device"])).toBe(true);
  });

  it("ends when the socket closes and leaves no listener on it", async () => {
    const tokyo = await tracker();
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
    const tokyo = await tracker();
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
    const tokyo = await tracker({ leaveDelayMs: 60_000, maxPerTopic: 1 });
    tokyo.track("session", "lobby", "alice");
    tokyo.end("session");
    const diffs = diffsOf(tokyo);
    const ref = tokyo.track(AbortSignal.abort(), "lobby", "alice");
    expect(ref).toMatch(/\.\d+$/);
    expect(diffs).toEqual(["+alice @lobby", "-alice @lobby"]);
    expect(tokyo.count("lobby")).toBe(1);
  });

  it("refuses an owner, topic, key or meta of the wrong kind and keeps nothing of it", async () => {
    const tokyo = await tracker();
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
    const tokyo = await tracker({ maxPerOwner: 3, maxPerKey: 2, maxPerTopic: 3, leaveDelayMs: 60_000 });
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
    const tokyo = await tracker({ pubsub });
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
    const tokyo = await tracker();
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
    const tokyo = await tracker();
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
    const tokyo = await tracker();
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
    const tokyo = await tracker();
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

describe("an owner that ends while leaves are delayed", () => {
  it("stays listed and counted, and finds its presence unchanged when it returns", async () => {
    const tokyo = await tracker({ leaveDelayMs: 60_000 });
    const diffs = diffsOf(tokyo);
    const ref = tokyo.track("session", "lobby", "alice", { n: 1 });
    tokyo.end("session");
    expect([tokyo.count("lobby"), diffs]).toEqual([1, ["+alice @lobby"]]);
    expect(tokyo.track("session", "lobby", "alice", { n: 1 })).toBe(ref);
    expect(diffs).toEqual(["+alice @lobby"]);
    expect(() => tokyo.track("session", "lobby", "alice", { n: 1 })).toThrow(
      expect.objectContaining({ code: "ALREADY_TRACKED" }),
    );
    tokyo.end("session");
    expect(tokyo.track("session", "lobby", "alice", { n: 2 })).not.toBe(ref);
    expect(diffs).toEqual(["+alice @lobby", "+alice -alice @lobby"]);
    expect(tokyo.count("lobby")).toBe(1);
  });

  it("is watched again after it returns: its next end is noticed too", async () => {
    const tokyo = await tracker({ leaveDelayMs: 60_000 });
    const socket = new EventEmitter();
    tokyo.track(socket, "lobby", "alice");
    socket.emit("close");
    tokyo.track(socket, "lobby", "alice");
    expect(socket.listenerCount("close")).toBe(1);
    socket.emit("close");
    const diffs = diffsOf(tokyo);
    tokyo.track("other", "lobby", "alice");
    expect(diffs).toEqual(["+alice -alice @lobby"]);
  });

  it("stays a pending leave when the meta of its return is refused", async () => {
    const pubsub = { ...memoryPubSub(), maxMessageBytes: 2_560 };
    const tokyo = await tracker({ pubsub, leaveDelayMs: 60_000 });
    tokyo.track("session", "lobby", "alice");
    tokyo.end("session");
    const tooLarge = { text: "a".repeat(1_300) };
    expect(() => tokyo.track("session", "lobby", "alice", tooLarge)).toThrow(
      expect.objectContaining({ code: "LIMIT" }),
    );
    const diffs = diffsOf(tokyo);
    tokyo.track("other", "lobby", "alice");
    expect(diffs).toEqual(["+alice -alice @lobby"]);
    expect(() => tokyo.track(AbortSignal.abort(), "lobby", "bob", tooLarge)).toThrow(/maxMessageBytes|room/);
  });

  it("is replaced by the next presence of the same topic and key: the oldest first, in the same diff", async () => {
    const tokyo = await tracker({ leaveDelayMs: 60_000 });
    for (const tab of ["one", "two"]) tokyo.track(tab, "article:7", "readers", { tab });
    tokyo.end("two");
    tokyo.end("one");
    const diffs = diffsOf(tokyo);
    tokyo.track("three", "article:7", "readers", { tab: "three" });
    expect(diffs).toEqual(["+readers -readers @article:7"]);
    expect(tokyo.getByKey("article:7", "readers").map((meta) => meta["tab"])).toEqual(["one", "three"]);
    tokyo.track("other", "article:8", "readers");
    expect(tokyo.count("article:7")).toBe(2);
  });

  it("leaves at once when it is untracked, and is then not replaced", async () => {
    const tokyo = await tracker({ leaveDelayMs: 60_000 });
    tokyo.track("session", "lobby", "alice");
    tokyo.end("session");
    tokyo.untrack("session");
    const diffs = diffsOf(tokyo);
    tokyo.track("other", "lobby", "alice");
    expect(diffs).toEqual(["+alice @lobby"]);
  });

  it("stays a pending leave after an update", async () => {
    const tokyo = await tracker({ leaveDelayMs: 60_000 });
    tokyo.track("session", "lobby", "alice", { n: 1 });
    tokyo.end("session");
    tokyo.update("session", "lobby", "alice", { n: 2 });
    const diffs = diffsOf(tokyo);
    tokyo.track("other", "lobby", "alice", { n: 3 });
    expect(diffs).toEqual(["+alice -alice @lobby"]);
    expect(tokyo.getByKey("lobby", "alice").map((meta) => meta["n"])).toEqual([3]);
  });
});

describe("the diff event", () => {
  it("comes before the call returns, or, for a call of a listener, after the current event", async () => {
    const tokyo = await tracker();
    const heard: string[] = [];
    tokyo.on("diff", (diff) => {
      const { joins } = diff.get("lobby")!;
      heard.push(`first ${Object.keys(joins)}`);
      if ("alice" in joins) tokyo.track("other", "lobby", "bob");
    });
    tokyo.on("diff", (diff) => heard.push(`second ${Object.keys(diff.get("lobby")!.joins)}`));
    tokyo.track("session", "lobby", "alice");
    expect(heard).toEqual(["first alice", "second alice", "first bob", "second bob"]);
  });

  it("has the cause local for a change of this node", async () => {
    const tokyo = await tracker();
    const causes: string[] = [];
    tokyo.on("diff", (_, cause) => causes.push(cause));
    tokyo.track("session", "lobby", "alice");
    expect(causes).toEqual(["local"]);
  });

  it("reaches all listeners when one throws or rejects, which causes an error event", async () => {
    const tokyo = await tracker();
    const errors: string[] = [];
    tokyo.on("error", (error) => errors.push(error.message));
    const diffs = diffsOf(tokyo);
    tokyo.on("diff", () => {
      throw new Error("thrown");
    });
    tokyo.on("diff", async () => {
      throw new Error("rejected");
    });
    const after = diffsOf(tokyo);
    tokyo.track("session", "lobby", "alice");
    await soon(() => expect(errors).toEqual(["thrown", "rejected"]));
    expect([diffs, after, tokyo.count("lobby")]).toEqual([["+alice @lobby"], ["+alice @lobby"], 1]);
  });

  it("that throws in an error listener causes a process warning and no loop", async () => {
    const tokyo = await tracker();
    let calls = 0;
    const fails = () => {
      calls++;
      throw new Error("the log is closed");
    };
    const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    tokyo.on("diff", fails).on("error", fails);
    tokyo.track("session", "lobby", "alice");
    expect([calls, emitWarning.mock.calls.length]).toEqual([2, 1]);
    emitWarning.mockRestore();
  });

  it("comes in order when a warning listener changes presences", async () => {
    const pubsub = memoryPubSub();
    const options = { pubsub, replicaName: "tokyo", flushDelayMs: 0 };
    const tokyo = await tracker(options);
    const replayed = new Set<string>();
    tokyo.on("diff", (diff) => {
      for (const [, { joins, leaves }] of diff) {
        for (const { metas } of Object.values(leaves))
          for (const { phx_ref } of metas) expect(replayed.delete(phx_ref)).toBe(true);
        for (const { metas } of Object.values(joins)) for (const { phx_ref } of metas) replayed.add(phx_ref);
      }
    });
    tokyo.track("session", "lobby", "alice", { n: 1 });
    let warned = 0;
    tokyo.on("warning", () => {
      warned++;
      tokyo.update("session", "lobby", "alice", { n: 2 });
    });
    // Within the same ms their ids would decide which of the two is later.
    await tracker({ ...options, clock: { ...systemClock, wallNow: () => Date.now() + 1_000 } });
    await soon(() => expect(warned).toBe(1));
    expect([...replayed]).toEqual(tokyo.getByKey("lobby", "alice").map(({ phx_ref }) => phx_ref));
  });

  it("reaches a once listener once and a removed listener never", async () => {
    const tokyo = await tracker();
    const once = vi.fn();
    const left = vi.fn();
    tokyo.once("diff", once).on("diff", left).off("diff", left);
    tokyo.track("session", "lobby", "alice");
    tokyo.untrack("session");
    expect([once.mock.calls.length, left.mock.calls.length]).toEqual([1, 0]);
  });
});

describe("a transport", () => {
  it("that can't be subscribed makes createTracker reject with its own error", async () => {
    const failure = new Error("no broker");
    const pubsub: PubSub = { ...memoryPubSub(), subscribe: () => Promise.reject(failure) };
    await expect(createTracker({ pubsub })).rejects.toBe(failure);
  });

  it("that can't be subscribed leaves nothing behind that publishes", async () => {
    const pubsub = memoryPubSub();
    const other = await tracker({ pubsub, broadcastPeriodMs: 20, flushDelayMs: 0 });
    let subscribed = 0;
    const subscribe: PubSub["subscribe"] = async (topic, listener) => {
      if (++subscribed === 2) {
        // Long enough to hear the other.
        await soon(() => expect(heard).toBeGreaterThan(1));
        throw new Error("no permission");
      }
      await pubsub.subscribe(topic, (bytes) => {
        heard++;
        listener(bytes);
      });
    };
    let heard = 0;
    await expect(createTracker({ pubsub: { ...pubsub, subscribe }, flushDelayMs: 0 })).rejects.toThrow(
      "no permission",
    );
    const beats = other.traffic().sentMessages;
    await soon(() => expect(other.traffic().sentMessages).toBeGreaterThan(beats + 2));
    expect(other.replicas()).toHaveLength(1);
  });

  it("that fails to publish causes error events, and the tracker keeps working", async () => {
    const errors: { code?: string; cause?: unknown }[] = [];
    const failure = new Error("broken pipe");
    let fails: "throws" | "rejects" = "throws";
    const publish = () => {
      if (fails === "throws") throw failure;
      return Promise.reject(failure);
    };
    const tokyo = await tracker({
      pubsub: { ...memoryPubSub(), publish },
      flushDelayMs: 0,
      broadcastPeriodMs: 5,
    });
    tokyo.on("error", (error) => errors.push(error));
    tokyo.track("session", "lobby", "alice");
    await soon(() => expect(errors.length).toBeGreaterThan(0));
    fails = "rejects";
    const thrown = errors.length;
    tokyo.track("session", "lobby", "bob");
    await soon(() => expect(errors.length).toBeGreaterThan(thrown));
    for (const error of errors) expect([error.code, error.cause]).toEqual(["TRANSPORT", failure]);
    expect(keysOf(tokyo, "lobby")).toEqual(["alice", "bob"]);
  });

  it("that delivers invalid messages causes warnings, but only one per foreign version", async () => {
    const pubsub = memoryPubSub();
    const tokyo = await tracker({ pubsub });
    const warnings: string[] = [];
    tokyo.on("warning", (warning) => warnings.push(warning.code));
    for (const bytes of [[], [1], [1, 0, 9], [77, 0, 1], [77, 0, 2]])
      await pubsub.publish("rollcall:all", Uint8Array.from(bytes));
    await soon(() => expect(tokyo.traffic().refusedMessages).toBe(5));
    expect(warnings).toEqual([
      "MALFORMED_MESSAGE",
      "MALFORMED_MESSAGE",
      "MALFORMED_MESSAGE",
      "FOREIGN_VERSION",
    ]);
  });

  it("carries two clusters that don't see each other", async () => {
    const pubsub = memoryPubSub();
    const shop = await tracker({ pubsub, clusterName: "shop", broadcastPeriodMs: 20, flushDelayMs: 0 });
    const blog = await tracker({ pubsub, clusterName: "blog", broadcastPeriodMs: 20, flushDelayMs: 0 });
    shop.track("session", "lobby", "alice");
    expect(await Promise.all([shop.synced(), blog.synced()])).toEqual([true, true]);
    expect([blog.count("lobby"), blog.replicas().length]).toEqual([0, 1]);
  });
});

describe("two trackers of one process", () => {
  it("see each other's joins, updates and leaves, each once", async () => {
    const pubsub = memoryPubSub();
    const tokyo = await tracker({ pubsub, replicaName: "tokyo", flushDelayMs: 0 });
    const paris = await tracker({ pubsub, replicaName: "paris", flushDelayMs: 0 });
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
    const tokyo = await tracker({ pubsub });
    const paris = await tracker({ pubsub });
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

describe("closing", () => {
  it("removes its presences elsewhere, emits no diff, keeps the last state and refuses changes", async () => {
    const pubsub = memoryPubSub();
    const tokyo = await tracker({ pubsub, flushDelayMs: 0 });
    const paris = await tracker({ pubsub, flushDelayMs: 0 });
    tokyo.track("session", "lobby", "alice");
    await soon(() => expect(paris.count("lobby")).toBe(1));
    const diffs = diffsOf(tokyo);
    const closing = tokyo.close();
    expect(tokyo.close()).toBe(closing);
    await closing;
    expect(paris.count("lobby")).toBe(0);
    expect([diffs, tokyo.count("lobby")]).toEqual([[], 1]);
    expect(tokyo.presencesOf("session").map(({ key }) => key)).toEqual(["alice"]);
    tokyo.untrack("session");
    tokyo.end("session");
    expect(tokyo.count("lobby")).toBe(1);
    const closed = expect.objectContaining({ code: "CLOSED" });
    expect(() => tokyo.track("other", "lobby", "bob")).toThrow(closed);
    expect(() => tokyo.update("session", "lobby", "alice", {})).toThrow(closed);
    expect(await tokyo.synced()).toBe(false);
  });

  it("keeps its presences elsewhere for leaveDelayMs, unless leave is true", async () => {
    const pubsub = memoryPubSub();
    const options = { pubsub, flushDelayMs: 0, leaveDelayMs: 60_000 };
    const [tokyo, rome, paris] = [await tracker(options), await tracker(options), await tracker(options)];
    tokyo.track("tab", "article:7", "readers", { from: "tokyo" });
    rome.track("tab", "article:7", "readers", { from: "rome" });
    await soon(() => expect(paris.count("article:7")).toBe(2));
    await tokyo.close();
    await rome.close({ leave: true });
    await soon(() =>
      expect(paris.getByKey("article:7", "readers").map((meta) => meta["from"])).toEqual(["tokyo"]),
    );
    expect(paris.replicas().map(({ status }) => status)).toEqual(["up", "leaving"]);
    const diffs = diffsOf(paris);
    paris.track("tab", "article:7", "readers", { from: "paris" });
    expect(diffs).toEqual(["+readers -readers @article:7"]);
    expect(paris.count("article:7")).toBe(1);
  });

  it("resolves when the transport has sent the last messages, or after two seconds", async () => {
    const clock = manualClock();
    const takes: (() => void)[] = [];
    const publish = () => new Promise<void>((resolve) => takes.push(resolve));
    const closed = async (made: Tracker, act: () => void) => {
      let isClosed = false;
      const closing = made.close().then(() => {
        isClosed = true;
      });
      clock.advance(1_000);
      await new Promise(setImmediate);
      expect(isClosed).toBe(false);
      act();
      await closing;
    };
    const options = { pubsub: { ...memoryPubSub(), publish }, clock };
    await closed(await tracker(options), () => {
      for (const take of takes) take();
    });
    await closed(await tracker(options), () => clock.advance(1_500));
  });

  it("resolves a pending synced with false and is what await using calls", async () => {
    const tokyo = await createTracker({ pubsub: memoryPubSub() });
    const synced = tokyo.synced({ timeoutMs: 60_000 });
    await tokyo[Symbol.asyncDispose]();
    expect(await synced).toBe(false);
  });
});
