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

  it("delivers messages in publishing order, within the same turn of the event loop", async () => {
    const pubsub = memoryPubSub();
    const received: string[] = [];
    await pubsub.subscribe("lobby", ([first]) => received.push(`lobby ${first}`));
    await pubsub.subscribe("kitchen", ([first]) => received.push(`kitchen ${first}`));
    for (const number of [1, 2, 3]) {
      await Promise.all([
        pubsub.publish("lobby", new Uint8Array([number])),
        pubsub.publish("kitchen", new Uint8Array([number])),
      ]);
    }
    expect(received).toEqual(["lobby 1", "kitchen 1", "lobby 2", "kitchen 2", "lobby 3", "kitchen 3"]);
  });

  it("reports an error of a listener as an uncaught exception, and still calls the other listeners", async () => {
    const pubsub = memoryPubSub();
    const received: number[] = [];
    await pubsub.subscribe("lobby", () => {
      throw new Error("alice slipped");
    });
    await pubsub.subscribe("lobby", (bytes) => received.push(bytes.length));
    const errors = await uncaughtExceptionsDuring(async () => {
      await pubsub.publish("lobby", new Uint8Array(3));
    });
    expect(errors).toEqual([new Error("alice slipped")]);
    expect(received).toEqual([3]);
  });

  it("throws an error with a code after close", async () => {
    const pubsub = memoryPubSub();
    await pubsub.close();
    const closed = expect.objectContaining({ code: "CLOSED" });
    expect(() => pubsub.publish("lobby", new Uint8Array(1))).toThrow(closed);
    expect(() => pubsub.subscribe("lobby", () => {})).toThrow(closed);
    expect(() => pubsub.unsubscribe("lobby", () => {})).not.toThrow();
  });
});
