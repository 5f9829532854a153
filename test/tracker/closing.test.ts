import { describe, expect, it } from "vitest";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { diffsOf, openTracker, soon } from "./open-tracker.ts";

describe("closing", () => {
  it("removes its presences elsewhere, emits no diff, keeps the last state and refuses changes", async () => {
    const pubsub = memoryPubSub();
    const tokyo = await openTracker({ pubsub, flushDelayMs: 0 });
    const paris = await openTracker({ pubsub, flushDelayMs: 0 });
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
    const [tokyo, rome, paris] = [
      await openTracker(options),
      await openTracker(options),
      await openTracker(options),
    ];
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
    await closed(await openTracker(options), () => {
      for (const take of takes) take();
    });
    await closed(await openTracker(options), () => clock.advance(1_500));
  });

  it("resolves a pending synced with false and is what await using calls", async () => {
    const tokyo = await createTracker({ pubsub: memoryPubSub() });
    const synced = tokyo.synced({ timeoutMs: 60_000 });
    await tokyo[Symbol.asyncDispose]();
    expect(await synced).toBe(false);
  });
});
