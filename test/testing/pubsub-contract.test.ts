import { describe, expect, it } from "vitest";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { brokenPubSubs } from "./broken-pubsubs.ts";

describe("pubSubContract", () => {
  it.each(pubSubContract.map(({ rule, run }) => ({ rule, run })))(
    "fails for a driver that breaks its rule: $rule",
    async ({ rule, run }) => {
      const bus = memoryPubSub();
      const [alice, bob] = [brokenPubSubs[rule](bus), brokenPubSubs[rule](bus)];
      const interrupt = async () => {
        for (const pubsub of [alice, bob]) pubsub.interrupt?.();
      };
      await expect(run({ alice, bob, topic: "lobby", deadlineMs: 100, interrupt })).rejects.toThrow();
    },
  );

  it("has a broken driver for each rule", () => {
    expect(pubSubContract.map(({ rule }) => rule).sort()).toEqual(Object.keys(brokenPubSubs).sort());
  });

  it("refuses a topic of more than 40 bytes", async () => {
    const { run } = pubSubContract[0]!;
    const pubsub = memoryPubSub();
    await expect(run({ alice: pubsub, bob: pubsub, topic: "x".repeat(41) })).rejects.toThrow(/1 to 40/);
  });

  it("unsubscribes everything at the end of each rule", async () => {
    const bus = memoryPubSub();
    const subscribed = new Set<unknown>();
    const pubsub = {
      ...bus,
      subscribe: (...subscription: Parameters<typeof bus.subscribe>) => {
        subscribed.add(subscription[1]);
        return bus.subscribe(...subscription);
      },
      unsubscribe: (...subscription: Parameters<typeof bus.unsubscribe>) => {
        subscribed.delete(subscription[1]);
        return bus.unsubscribe(...subscription);
      },
      close: async () => {},
    };
    for (const { rule, run } of pubSubContract) {
      if (rule.includes("close")) continue;
      await run({ alice: pubsub, bob: pubsub, topic: "lobby" });
      expect(subscribed.size, rule).toBe(0);
    }
  });
});
