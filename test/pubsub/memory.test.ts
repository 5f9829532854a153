import { describe, expect, it } from "vitest";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { uncaughtExceptionsDuring } from "../support/uncaught-exceptions.ts";

describe("memoryPubSub", () => {
  for (const { rule, run } of pubSubContract) {
    it(rule, async ({ task }) => {
      const pubsub = memoryPubSub();
      await run({ alice: pubsub, bob: pubsub, topic: task.id });
      await pubsub.close();
    });
  }

  it("brings messages in the order in which they were published, within the same turn", async () => {
    const pubsub = memoryPubSub();
    const heard: string[] = [];
    await pubsub.subscribe("lobby", ([first]) => heard.push(`lobby ${first}`));
    await pubsub.subscribe("kitchen", ([first]) => heard.push(`kitchen ${first}`));
    for (const number of [1, 2, 3]) {
      await Promise.all([
        pubsub.publish("lobby", new Uint8Array([number])),
        pubsub.publish("kitchen", new Uint8Array([number])),
      ]);
    }
    expect(heard).toEqual(["lobby 1", "kitchen 1", "lobby 2", "kitchen 2", "lobby 3", "kitchen 3"]);
  });

  it("reports what a listener throws as an uncaught exception, and brings the message to the others", async () => {
    const pubsub = memoryPubSub();
    const heard: number[] = [];
    await pubsub.subscribe("lobby", () => {
      throw new Error("alice slipped");
    });
    await pubsub.subscribe("lobby", (bytes) => heard.push(bytes.length));
    const errors = await uncaughtExceptionsDuring(async () => {
      await pubsub.publish("lobby", new Uint8Array(3));
    });
    expect(errors).toEqual([new Error("alice slipped")]);
    expect(heard).toEqual([3]);
  });

  it("refuses to be used after close, with a code", async () => {
    const pubsub = memoryPubSub();
    await pubsub.close();
    const closed = expect.objectContaining({ code: "CLOSED" });
    expect(() => pubsub.publish("lobby", new Uint8Array(1))).toThrow(closed);
    expect(() => pubsub.subscribe("lobby", () => {})).toThrow(closed);
    expect(() => pubsub.unsubscribe("lobby", () => {})).not.toThrow();
  });
});
