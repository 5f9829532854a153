import { describe, expect, it } from "vitest";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import type { PubSub } from "../../../src/pubsub/pubsub.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import { openTracker, soon } from "../open-tracker.ts";

describe("a transport", () => {
  it("that can't be subscribed makes createTracker reject with its own error", async () => {
    const failure = new Error("no broker");
    const pubsub: PubSub = { ...memoryPubSub(), subscribe: () => Promise.reject(failure) };
    await expect(createTracker({ pubsub })).rejects.toBe(failure);
  });

  it("that can't be subscribed leaves nothing behind that publishes", async () => {
    const pubsub = memoryPubSub();
    const other = await openTracker({ pubsub, broadcastPeriodMs: 20, flushDelayMs: 0 });
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
    const tokyo = await openTracker({
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
    expect(tokyo.list("lobby").map(([key]) => key)).toEqual(["alice", "bob"]);
  });

  it("that delivers invalid messages causes warnings, but only one per foreign version", async () => {
    const pubsub = memoryPubSub();
    const tokyo = await openTracker({ pubsub });
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
    const shop = await openTracker({ pubsub, clusterName: "shop", broadcastPeriodMs: 20, flushDelayMs: 0 });
    const blog = await openTracker({ pubsub, clusterName: "blog", broadcastPeriodMs: 20, flushDelayMs: 0 });
    shop.track("session", "lobby", "alice");
    expect(await Promise.all([shop.synced(), blog.synced()])).toEqual([true, true]);
    expect([blog.count("lobby"), blog.replicas().length]).toEqual([0, 1]);
  });
});
