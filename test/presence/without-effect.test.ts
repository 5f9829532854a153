import { describe, expect, it } from "vitest";
import type { State } from "../../src/payload.ts";
import { countOnly } from "../../src/presence/count-only.ts";
import { isWithoutEffect } from "../../src/presence/without-effect.ts";
import { flushPromises, openPresence } from "./open-presence.ts";

class Counter {
  toJSON(): object {
    return { readers: 1 };
  }
}

describe("a projected change", () => {
  const counts = countOnly("readers", "__proto__");
  const state = (readers: number, others = 0): State =>
    JSON.parse(
      JSON.stringify({
        readers: { metas: Array(readers).fill({ phx_ref: "1" }) },
        alice: { metas: Array(others).fill({ phx_ref: "2" }) },
      }),
    );
  const one = { readers: { count: 1 } };
  it.each([
    ["without keys", {}, {}, true],
    ["without prototypes", Object.create(null), Object.create(null), true],
    ["with the same counts of countOnly", counts("film", state(1, 2)), counts("film", state(1, 0)), true],
    ["with no counted key", counts("film", state(0, 1)), counts("film", state(0)), true],
    ["with other counts of countOnly", counts("film", state(2)), counts("film", state(1)), false],
    ["with a join only", counts("film", state(1)), counts("film", state(0)), false],
    ["with counts of another fetch", one, one, false],
    ["with counts of both", counts("film", state(1)), one, false],
    ["with counts that fetch has changed", { ...counts("film", state(1)) }, counts("film", state(1)), false],
    ["with keys on one side", one, {}, false],
    ["with metas", state(1), state(1), false],
    ["of a class", new Counter(), new Counter(), false],
    ["of lists", [], [], false],
  ])("%s has no effect: %o, %o, %s", (_what, joins: object, leaves: object, expected) => {
    expect(isWithoutEffect({ joins, leaves })).toBe(expected);
  });

  it("that countOnly made within another fetch is not sent if it changes no count", async () => {
    const count = countOnly("viewers");
    const { presence } = await openPresence({
      fetch: async (topic, presences: State) => count(topic, presences),
    });
    const events: string[] = [];
    presence.track("a", "film", "viewers");
    presence.subscribe("film", ({ event }) => events.push(event));
    await flushPromises();
    presence.update("a", "film", "viewers", { at: 7 });
    await flushPromises();
    expect(events).toEqual(["presence_state"]);
    presence.untrack("a");
    await flushPromises();
    expect(events).toEqual(["presence_state", "presence_diff"]);
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
