import { describe, expect, it } from "vitest";
import type { State } from "../../src/payload.ts";
import { isWithoutEffect } from "../../src/presence/without-effect.ts";
import { flushPromises, openPresence } from "./open-presence.ts";

class Counter {
  toJSON(): object {
    return { readers: 1 };
  }
}

describe("a projected change", () => {
  const one = { count: 1 };
  const alice = { metas: [{ phx_ref: "1" }] };
  it.each([
    ["without keys", {}, {}, true],
    ["with the same counts on both sides", { readers: one }, { readers: { count: 1 } }, true],
    ["with a count of 0 on one side only", { readers: { count: 0 } }, {}, true],
    ["without prototypes", Object.create(null), Object.create(null), true],
    ["with a key named __proto__", JSON.parse('{"__proto__":{"count":1}}'), {}, false],
    ["with a key named like a method", {}, { toString: one }, false],
    ["with more joins", { readers: { count: 2 } }, { readers: one }, false],
    ["with a join only", { readers: one }, {}, false],
    ["with a leave only", {}, { readers: one }, false],
    ["with one count that differs", { a: one, b: one }, { a: one, b: { count: 0 } }, false],
    ["with counts that are not numbers", { a: { count: "1" } }, { a: { count: "1" } }, false],
    ["with other members", { a: { count: 1, name: "Alice" } }, { a: { count: 1, name: "Ada" } }, false],
    ["with metas", { alice }, { alice }, false],
    ["with a list that is empty", { alice: { metas: [] } }, { alice: { metas: [] } }, false],
    ["with numbers", { readers: 1 }, { readers: 1 }, false],
    ["of a class", new Counter(), new Counter(), false],
    ["of lists", [], [], false],
  ])("%s has no effect: %o, %o, %s", (_what, joins: object, leaves: object, expected) => {
    expect(isWithoutEffect({ joins, leaves })).toBe(expected);
  });

  it("that a custom fetch leaves empty reaches neither subscribers nor listeners", async () => {
    const { presence } = await openPresence({
      fetch: (_topic, presences: State) =>
        Object.fromEntries(Object.entries(presences).filter(([key]) => !key.startsWith("hidden "))),
    });
    const received: unknown[] = [];
    presence.subscribe("lobby", ({ event }) => received.push(event));
    presence.on("diff", (diff) => received.push(diff));
    await flushPromises();
    presence.track("a", "lobby", "hidden alice");
    presence.untrack("a");
    expect(received).toEqual(["presence_state"]);
    presence.track("b", "lobby", "bob");
    expect(received).toHaveLength(3);
  });
});
