import { describe, expect, it } from "vitest";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { brokenPubSubs } from "./broken-pubsubs.ts";

describe("the contract of pub/subs", () => {
  it.each(pubSubContract.map(({ rule, run }) => ({ rule, run })))(
    "is broken by a driver made to break it: $rule",
    async ({ rule, run }) => {
      const bus = memoryPubSub();
      const [alice, bob] = [brokenPubSubs[rule](bus), brokenPubSubs[rule](bus)];
      const interrupt = async () => {
        for (const end of [alice, bob]) end.interrupt?.();
      };
      await expect(run({ alice, bob, topic: "lobby", deadlineMs: 100, interrupt })).rejects.toThrow();
    },
  );

  it("has a rule for each of its names", () => {
    expect(pubSubContract.map(({ rule }) => rule).sort()).toEqual(Object.keys(brokenPubSubs).sort());
  });

  it("refuses a topic that leaves no room for its own", async () => {
    const { run } = pubSubContract[0]!;
    const pubsub = memoryPubSub();
    await expect(run({ alice: pubsub, bob: pubsub, topic: "x".repeat(41) })).rejects.toThrow(/1 to 40/);
  });

  it("leaves nothing subscribed", async () => {
    const bus = memoryPubSub();
    const held = new Set<unknown>();
    const pubsub = {
      ...bus,
      subscribe: (...subscription: Parameters<typeof bus.subscribe>) => {
        held.add(subscription[1]);
        return bus.subscribe(...subscription);
      },
      unsubscribe: (...subscription: Parameters<typeof bus.unsubscribe>) => {
        held.delete(subscription[1]);
        return bus.unsubscribe(...subscription);
      },
      close: async () => {},
    };
    for (const { rule, run } of pubSubContract) {
      if (rule.includes("close")) continue;
      await run({ alice: pubsub, bob: pubsub, topic: "lobby" });
      expect(held.size, rule).toBe(0);
    }
  });
});
