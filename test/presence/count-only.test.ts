import { describe, expect, it } from "vitest";
import { countOnly } from "../../src/presence/count-only.ts";
import { flushPromises, openPresence } from "./open-presence.ts";

describe("countOnly", () => {
  it("always returns all of its keys, and shows no metas and no other keys", async () => {
    const { presence } = await openPresence({ fetch: countOnly("viewers", "users") });
    expect(await presence.list("lobby")).toEqual({ viewers: { count: 0 }, users: { count: 0 } });
    presence.track("a", "lobby", "viewers", { name: "alice" });
    presence.track("b", "lobby", "viewers");
    presence.track("c", "lobby", "carol");
    expect(await presence.list("lobby")).toEqual({ viewers: { count: 2 }, users: { count: 0 } });
    expect(await presence.getByKey("lobby", "viewers")).toEqual({ count: 2 });
    expect(await presence.getByKey("lobby", "users")).toBeUndefined();
    expect(await presence.getByKey("lobby", "carol")).toBeUndefined();
  });

  it("sends subscribers the numbers of joins and leaves", async () => {
    const { presence } = await openPresence({ fetch: countOnly("readers") });
    const texts: string[] = [];
    presence.subscribe("article:7", (message) => texts.push(String(message)));
    await flushPromises();
    presence.track("a", "article:7", "readers");
    expect(texts).toEqual([
      '{"topic":"article:7","event":"presence_state","payload":{"readers":{"count":0}}}',
      '{"topic":"article:7","event":"presence_diff","payload":{"joins":{"readers":{"count":1}},"leaves":{"readers":{"count":0}}}}',
    ]);
  });

  it.each([0, 50])(
    "sends nothing for a change that changes no count, with a window of %i ms",
    async (diffWindowMs) => {
      const { presence, clock } = await openPresence({ fetch: countOnly("viewers", "users") });
      const received: unknown[] = [];
      presence.track("a", "film", "viewers");
      presence.subscribe("film", ({ event, payload }) => received.push([event, payload]), { diffWindowMs });
      presence.on("diff", (diff) => received.push(["diff", diff]));
      const settle = async () => {
        await flushPromises();
        clock.advance(100);
      };
      await settle();
      received.length = 0;
      presence.update("a", "film", "viewers", { at: 7 });
      await settle();
      presence.track("b", "film", "carol");
      presence.update("b", "film", "carol", { at: 8 });
      await settle();
      presence.untrack("b");
      await settle();
      expect(received).toEqual([]);
      presence.untrack("a");
      await settle();
      const change = {
        joins: { viewers: { count: 0 }, users: { count: 0 } },
        leaves: { viewers: { count: 1 }, users: { count: 0 } },
      };
      expect(received).toContainEqual(["presence_diff", change]);
      expect(received).toContainEqual(["diff", new Map([["film", change]])]);
      expect(received).toHaveLength(2);
    },
  );

  it("sends nothing for clients of which one comes and one goes in a window", async () => {
    const { presence, clock } = await openPresence({ fetch: countOnly("viewers"), diffWindowMs: 100 });
    const events: string[] = [];
    presence.track("a", "film", "viewers");
    presence.subscribe("film", ({ event }) => events.push(event));
    await flushPromises();
    presence.untrack("a");
    presence.track("b", "film", "viewers");
    clock.advance(1_000);
    expect(events).toEqual(["presence_state"]);
  });

  it("counts keys with any name", () => {
    const metas = [{}, {}];
    const presences = JSON.parse(`{ "__proto__": ${JSON.stringify({ metas })} }`) as Record<
      string,
      { metas: object[] }
    >;
    const counts = countOnly("__proto__", "constructor")("lobby", presences);
    expect(Object.entries(counts)).toEqual([
      ["__proto__", { count: 2 }],
      ["constructor", { count: 0 }],
    ]);
  });

  it("refuses invalid keys", () => {
    expect(() => countOnly()).toThrow(/countOnly was given nothing; it takes the keys to count/);
    expect(() => countOnly("readers", "")).toThrow(TypeError);
    expect(() => countOnly(7 as never)).toThrow("countOnly was given 7");
  });
});
