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
      '{"event":"presence_state","payload":{"readers":{"count":0}}}',
      '{"event":"presence_diff","payload":{"joins":{"readers":{"count":1}},"leaves":{"readers":{"count":0}}}}',
    ]);
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
