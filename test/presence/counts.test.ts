import { afterEach, describe, expect, it, vi } from "vitest";
import { LiveEntry } from "../../src/crdt/live-entry.ts";
import { PresenceSet } from "../../src/crdt/presence-set.ts";
import type { State } from "../../src/payload.ts";
import { type Counts, countOnly } from "../../src/presence/count-only.ts";
import type { PresenceMessage } from "../../src/presence/presence-message.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { flushPromises, openPresence, twoNodes } from "./open-presence.ts";

type Film = Counts<"viewers" | "users">;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Counts of viewers and users as `countOnly` shows them. */
function film(viewers: number, users = 0): Film {
  return { viewers: { count: viewers }, users: { count: users } };
}

/** What a subscriber gets, as `[event, payload]`. */
function recorder() {
  const received: [event: string, payload: unknown][] = [];
  return {
    received,
    listener: ({ event, payload }: PresenceMessage<Film>) => received.push([event, payload]),
  };
}

/** Makes every read of a meta and every list throw. */
function forbidListsAndMetas() {
  const refuse = (what: string) => () => {
    throw new Error(`${what} was used`);
  };
  vi.spyOn(LiveEntry.prototype, "meta", "get").mockImplementation(refuse("a meta"));
  vi.spyOn(PresenceSet.prototype, "list").mockImplementation(refuse("list"));
  vi.spyOn(PresenceSet.prototype, "getByKey").mockImplementation(refuse("getByKey"));
}

describe("counts", () => {
  it("gives the projection at once, also for a topic without presences", async () => {
    const { presence } = await openPresence({ fetch: countOnly("viewers", "users") });
    expect(presence.counts("film")).toEqual(film(0));
    presence.track("a", "film", "viewers");
    presence.track("b", "film", "users");
    presence.track("c", "film", "users");
    presence.track("d", "film", "dave");
    expect(presence.counts("film")).toEqual(film(1, 2));
    expect(await presence.list("film")).toEqual(presence.counts("film"));
    expect(() => presence.counts(7 as never)).toThrow("topic is 7");
  });

  it("counts a key twice in the list of keys once, and keys with any name", async () => {
    const { presence } = await openPresence({ fetch: countOnly("__proto__", "constructor", "__proto__") });
    presence.track("a", "film", "__proto__");
    expect(Object.entries(presence.counts("film"))).toEqual([
      ["__proto__", { count: 1 }],
      ["constructor", { count: 0 }],
    ]);
    expect(await presence.getByKey("film", "__proto__")).toEqual({ count: 1 });
    expect(await presence.getByKey("film", "constructor")).toBeUndefined();
  });

  it.each([
    ["no fetch", undefined],
    [
      "a fetch of one's own",
      (_topic: string, presences: State) => ({ users: Object.keys(presences).length }),
    ],
    [
      "a fetch that only calls countOnly",
      (topic: string, presences: State) => countOnly("users")(topic, presences),
    ],
  ])("is refused with %s, and says what to do", async (_what, fetch) => {
    const { presence } = await openPresence<Record<string, never>, object>({ ...(fetch && { fetch }) });
    expect(() => presence.counts("film")).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message:
          "counts was called on a presence whose fetch is not what countOnly returns; it takes a presence that shows only counts. " +
          'Create it with fetch: countOnly("readers"), or use list(topic) for what fetch returns and count(topic, key) for one number.',
      }),
    );
  });
});

describe("a presence that shows only counts", () => {
  it("lists nothing and makes no meta, whatever readers ask", async () => {
    forbidListsAndMetas();
    const keys: string[] = [];
    const onKeyJoin = (_topic: string, key: string) => keys.push(`+${key}`);
    const onKeyLeave = (_topic: string, key: string) => keys.push(`-${key}`);
    const { presence, clock, errors } = await openPresence({
      fetch: countOnly("viewers", "users"),
      onKeyJoin,
      onKeyLeave,
      leaveDelayMs: 100,
    });
    const [atOnce, windowed] = [recorder(), recorder()];
    const diffs: unknown[] = [];
    presence.on("diff", (diff) => diffs.push([...diff]));
    for (let viewer = 0; viewer < 200; viewer++) presence.track(`viewer ${viewer}`, "film", "viewers");
    presence.track("carol", "film", "carol");
    presence.update("viewer 7", "film", "viewers", { at: 7 });
    presence.subscribe("film", atOnce.listener);
    presence.subscribe("film", windowed.listener, { diffWindowMs: 50 });
    await flushPromises();
    presence.untrack("viewer 0");
    presence.end("viewer 1");
    clock.advance(1_000);
    await flushPromises();
    expect(await presence.list("film")).toEqual(film(198));
    expect(await presence.getByKey("film", "viewers")).toEqual({ count: 198 });
    expect(presence.counts("film")).toEqual(film(198));
    const one = { joins: film(0), leaves: film(1) };
    expect(atOnce.received).toEqual([
      ["presence_state", film(200)],
      ["presence_diff", one],
      ["presence_diff", one],
    ]);
    expect(windowed.received).toEqual([
      ["presence_state", film(200)],
      ["presence_diff", one],
      ["presence_diff", one],
    ]);
    expect(diffs).toHaveLength(202);
    expect(keys).toEqual(["+viewers", "+carol"]);
    expect(errors).toEqual([]);
  });

  it("makes no meta of presences of other nodes, not even when their node is hidden and comes back", async () => {
    forbidListsAndMetas();
    const pubsub = memoryPubSub();
    const fetch = countOnly("viewers", "users");
    const network = { isCut: false };
    const { presence: paris, clock } = await openPresence({
      pubsub: { ...pubsub, publish: (...sent) => (network.isCut ? undefined : pubsub.publish(...sent)) },
      fetch,
    });
    const { presence: tokyo, errors } = await openPresence({ pubsub, clock, fetch });
    const pass = async (periods: number) => {
      for (let period = 0; period < periods; period++) {
        clock.advance(1_500);
        await flushPromises();
      }
    };
    const { received, listener } = recorder();
    tokyo.subscribe("film", listener);
    await pass(4);
    for (let viewer = 0; viewer < 50; viewer++) paris.track(`viewer ${viewer}`, "film", "viewers");
    paris.track("carol", "film", "carol");
    await pass(1);
    network.isCut = true;
    await pass(40);
    network.isCut = false;
    await pass(10);
    expect(received).toEqual([
      ["presence_state", film(0)],
      ["presence_diff", { joins: film(50), leaves: film(0) }],
      ["presence_diff", { joins: film(0), leaves: film(50) }],
      ["presence_diff", { joins: film(50), leaves: film(0) }],
    ]);
    expect(errors).toEqual([]);
  });

  it("reads as many counts for a new subscriber of a large topic as of a small one: one for each key", async () => {
    const reads: number[] = [];
    for (const size of [10, 10_000]) {
      const { presence } = await openPresence({
        fetch: countOnly("viewers", "users"),
        maxPresenceChangesPerSecond: Number.POSITIVE_INFINITY,
      });
      for (let viewer = 0; viewer < size; viewer++) presence.track(`viewer ${viewer}`, "film", "viewers");
      const count = vi.spyOn(PresenceSet.prototype, "count");
      forbidListsAndMetas();
      const { received, listener } = recorder();
      presence.subscribe("film", listener);
      await flushPromises();
      expect(received).toEqual([["presence_state", film(size)]]);
      reads.push(count.mock.calls.length);
      vi.restoreAllMocks();
    }
    expect(reads).toEqual([2, 2]);
  });

  it("sends the net number of each key in one diff: joins or leaves, never both", async () => {
    const { presence, clock } = await openPresence({
      fetch: countOnly("viewers", "users"),
      diffWindowMs: 100,
    });
    presence.track("z", "film", "users");
    const { received, listener } = recorder();
    presence.subscribe("film", listener);
    await flushPromises();
    for (const owner of ["a", "b", "c"]) presence.track(owner, "film", "viewers");
    presence.untrack("b");
    presence.untrack("z");
    clock.advance(100);
    expect(received).toEqual([
      ["presence_state", film(0, 1)],
      ["presence_diff", { joins: film(2), leaves: film(0, 1) }],
    ]);
  });

  it("sends nothing where what left came back in the same window", async () => {
    const { presence, clock } = await openPresence({
      fetch: countOnly("viewers", "users"),
      diffWindowMs: 100,
    });
    presence.track("a", "film", "viewers");
    const { received, listener } = recorder();
    presence.subscribe("film", listener);
    await flushPromises();
    presence.untrack("a");
    clock.advance(40);
    presence.track("b", "film", "viewers");
    presence.update("b", "film", "viewers", { at: 1 });
    clock.advance(1_000);
    expect(received).toEqual([["presence_state", film(1)]]);
    presence.untrack("b");
    clock.advance(1_000);
    expect(received.at(-1)).toEqual(["presence_diff", { joins: film(0), leaves: film(1) }]);
  });

  it("starts no window for a change that changes no count", async () => {
    const { presence } = await openPresence({ fetch: countOnly("viewers", "users") });
    const { received, listener } = recorder();
    presence.track("a", "film", "viewers");
    presence.subscribe("film", listener, { diffWindowMs: 50 });
    await flushPromises();
    received.length = 0;
    presence.track("c", "film", "carol");
    presence.update("a", "film", "viewers", { at: 7 });
    await flushPromises();
    presence.untrack("c");
    const again = recorder();
    presence.subscribe("film", again.listener, { diffWindowMs: 50 });
    await flushPromises();
    expect([received, again.received]).toEqual([[], [["presence_state", film(1)]]]);
  });

  it("gets a state of its own moment after diffs that are still queued", async () => {
    const { presence } = await openPresence({ fetch: countOnly("viewers", "users") });
    const { received, listener } = recorder();
    presence.once("diff", () => {
      presence.subscribe("film", listener);
      presence.track("b", "film", "viewers");
      presence.track("c", "film", "users");
    });
    presence.track("a", "film", "viewers");
    await flushPromises();
    expect(received).toEqual([["presence_state", film(2, 1)]]);
  });

  it("calls onKeyJoin and onKeyLeave for every key, also for those that it does not count", async () => {
    const lines: string[] = [];
    const { tokyo, paris, network, pass } = await twoNodes({
      fetch: countOnly("viewers"),
      onKeyJoin: (topic, key, cause) => lines.push(`+${key} @${topic} ${cause}`),
      onKeyLeave: (topic, key, cause) => lines.push(`-${key} @${topic} ${cause}`),
    });
    const { received, listener } = recorder();
    tokyo.presence.subscribe("lobby", listener as never);
    tokyo.presence.track("a", "lobby", "viewers");
    tokyo.presence.track("b", "lobby", "alice");
    tokyo.presence.update("b", "lobby", "alice", { typing: true });
    paris.presence.track("c", "lobby", "viewers");
    await pass(1_500);
    paris.presence.untrack("c");
    tokyo.presence.untrack("a");
    await pass(1_500);
    expect(lines.splice(0)).toEqual([
      "+bob @lobby replica",
      "+viewers @lobby local",
      "+alice @lobby local",
      "-viewers @lobby remote",
    ]);
    network.isCut = true;
    await pass(60_000);
    network.isCut = false;
    await pass(15_000);
    expect(lines).toEqual(["-bob @lobby replica", "+bob @lobby replica"]);
    expect(received.map(([event]) => event)).toEqual([
      "presence_state",
      "presence_diff",
      "presence_diff",
      "presence_diff",
    ]);
  });
});
