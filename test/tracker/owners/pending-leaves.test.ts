import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import { diffsOf, openTracker } from "../open-tracker.ts";

describe("an owner that ends while leaves are delayed", () => {
  it("stays listed and counted, and finds its presence unchanged when it returns", async () => {
    const tokyo = await openTracker({ leaveDelayMs: 60_000 });
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
    const tokyo = await openTracker({ leaveDelayMs: 60_000 });
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
    const tokyo = await openTracker({ pubsub, leaveDelayMs: 60_000 });
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
    const tokyo = await openTracker({ leaveDelayMs: 60_000 });
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
    const tokyo = await openTracker({ leaveDelayMs: 60_000 });
    tokyo.track("session", "lobby", "alice");
    tokyo.end("session");
    tokyo.untrack("session");
    const diffs = diffsOf(tokyo);
    tokyo.track("other", "lobby", "alice");
    expect(diffs).toEqual(["+alice @lobby"]);
  });

  it("stays a pending leave after an update", async () => {
    const tokyo = await openTracker({ leaveDelayMs: 60_000 });
    tokyo.track("session", "lobby", "alice", { n: 1 });
    tokyo.end("session");
    tokyo.update("session", "lobby", "alice", { n: 2 });
    const diffs = diffsOf(tokyo);
    tokyo.track("other", "lobby", "alice", { n: 3 });
    expect(diffs).toEqual(["+alice -alice @lobby"]);
    expect(tokyo.getByKey("lobby", "alice").map((meta) => meta["n"])).toEqual([3]);
  });
});
