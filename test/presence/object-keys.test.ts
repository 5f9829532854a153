import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MutableState, State } from "../../src/payload.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { openPresence } from "./open-presence.ts";

const INHERITED = Object.getOwnPropertyNames(Object.prototype);

/** Ways to write a fetch. Each shows all presences. */
const fetches: Record<
  string,
  ((topic: string, presences: MutableState) => object | Promise<object>) | undefined
> = {
  "without fetch": undefined,
  "with a fetch that returns what it got": (_, presences) => presences,
  "with a fetch that returns what it got by a promise": async (_, presences) => presences,
  "with a fetch that freezes what it got": (_, presences) => Object.freeze(presences),
  "with a fetch that returns an object without a prototype": (_, presences) =>
    Object.assign(Object.create(null), presences),
  "with a fetch that returns a sealed object without a prototype": (_, presences) =>
    Object.seal(Object.assign(Object.create(null), presences)),
  "with a fetch that returns an ordinary object": (_, presences) =>
    Object.fromEntries(Object.entries(presences)),
};

describe.each(Object.entries(fetches))("%s", (_name, fetch) => {
  it("list, getByKey, subscribers and diff get ordinary objects with keys as own properties", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.oneof(fc.constantFrom(...INHERITED, "0", "10"), fc.string({ minLength: 1 })), {
          minLength: 1,
          maxLength: 6,
        }),
        async (keys) => {
          const { presence, close } = await openPresence({ ...(fetch && { fetch: fetch as never }) });
          const seen: object[] = [];
          presence.subscribe("lobby", ({ payload }) => seen.push(payload));
          presence.on("diff", (diff) => {
            for (const change of diff.values()) seen.push(change);
          });
          assertOrdinary(await presence.list("lobby"));
          for (const key of keys) presence.track("tab", "lobby", key);
          const list = (await presence.list("lobby")) as State;
          for (const value of [list, ...seen]) assertOrdinary(value);
          assert.deepEqual(new Set(Object.keys(list)), new Set(keys));
          assert.ok(seen.length >= 3);
          for (const key of keys) {
            assert.ok(Object.hasOwn(list, key));
            assertOrdinary(await presence.getByKey("lobby", key));
          }
          assert.deepEqual(JSON.parse(JSON.stringify(list)), list);
          for (const name of INHERITED) {
            assert.equal((await presence.getByKey("lobby", name)) !== undefined, keys.includes(name));
          }
          await close();
        },
      ),
      { numRuns: Math.ceil(PROPERTY_RUNS / 20) },
    );
  });
});

it.each(INHERITED)("while fetch runs, the key %s is undefined unless it is present", async (name) => {
  const found: unknown[] = [];
  const { presence } = await openPresence({
    fetch: async (_topic: string, presences: MutableState) => {
      found.push(presences[name]);
      await Promise.resolve();
      found.push(presences[name]);
      return {};
    },
  });
  await presence.list("lobby");
  expect(found).toEqual([undefined, undefined]);
  presence.track("tab", "lobby", name);
  await presence.list("lobby");
  expect(found.slice(2)).toEqual(Array(2).fill({ metas: [{ phx_ref: expect.any(String) }] }));
});

it("a member of a projection that is the object that fetch got is an ordinary object too", async () => {
  const { presence } = await openPresence({
    fetch: (_topic: string, presences: MutableState) => ({ total: Object.keys(presences).length, presences }),
  });
  presence.track("tab", "lobby", "__proto__");
  const projection = await presence.list("lobby");
  assertOrdinary(projection);
  expect(Object.keys(projection.presences)).toEqual(["__proto__"]);
});

it("an instance of a class that fetch returns stays what it is", async () => {
  class Room {
    readonly seats = 3;
  }
  const room = new Room();
  const { presence } = await openPresence({ fetch: () => room });
  expect(await presence.list("lobby")).toBe(room);
  expect(room).toBeInstanceOf(Room);
});

it("a tracker's diff has no prototype, and its list is a list of pairs", async () => {
  const tracker = await createTracker({ pubsub: memoryPubSub() });
  const changes: unknown[] = [];
  tracker.on("diff", (diff) => {
    const { joins, leaves } = diff.get("lobby")!;
    changes.push([joins["constructor"], leaves["constructor"], Object.keys(joins)]);
  });
  tracker.track("tab", "lobby", "__proto__");
  expect(changes).toEqual([[undefined, undefined, ["__proto__"]]]);
  expect(tracker.list("lobby").map(([key]) => key)).toEqual(["__proto__"]);
  await tracker.close();
});

/** As React requires it of the props of Client Components: the same at any depth. */
function assertOrdinary(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const prototype = Array.isArray(value) ? Array.prototype : Object.prototype;
  assert.equal(Object.getPrototypeOf(value), prototype);
  for (const part of Object.values(value)) assertOrdinary(part);
}
