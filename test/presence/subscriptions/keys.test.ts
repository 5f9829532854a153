import { describe, expect, it, vi } from "vitest";
import type { State } from "../../../src/payload.ts";
import { countOnly } from "../../../src/presence/count-only.ts";
import type { Presence } from "../../../src/presence/presence.ts";
import type { PresenceMessage } from "../../../src/presence/presence-message.ts";
import { flushPromises, manualFetch, openPresence, summaryOf } from "../open-presence.ts";

/** Subscribes to some keys of the lobby and records each message as a text. */
function watch<M extends object>(
  presence: Presence<M>,
  keys: readonly string[] | ReadonlySet<string>,
  diffWindowMs = 0,
) {
  const received: string[] = [];
  const listener = (message: Parameters<typeof summaryOf>[0]) => received.push(summaryOf(message));
  const subscription = presence.subscribe("lobby", listener, { keys, diffWindowMs });
  return { received, subscription };
}

describe("a subscription to some keys", () => {
  it("gets the state and the changes of these keys only", async () => {
    const { presence } = await openPresence();
    presence.track("a", "lobby", "alice");
    presence.track("b", "lobby", "bob");
    const { received } = watch(presence, ["alice", "carol"]);
    await flushPromises();
    presence.track("c", "lobby", "carol");
    presence.track("d", "lobby", "dave");
    presence.untrack("b");
    presence.untrack("a");
    expect(received).toEqual(["state alice", "+carol", "-alice"]);
  });

  it("takes a Set, numbers, and no keys at all", async () => {
    const { presence } = await openPresence();
    presence.track("a", "lobby", 7);
    const messages: PresenceMessage<State>[] = [];
    presence.subscribe("lobby", (message) => messages.push(message as PresenceMessage<State>), {
      keys: new Set([7]),
    });
    const { received } = watch(presence, []);
    await flushPromises();
    presence.track("b", "lobby", 7);
    expect([messages.map(summaryOf), received]).toEqual([["state 7", "+7"], ["state"]]);
  });

  it.each([
    ["undefined", undefined],
    ["null", null],
    ["a string", "alice"],
    ["an object", { alice: true }],
  ])("refuses %s as keys, which would show everything or nothing", async (_what, keys) => {
    const { presence } = await openPresence();
    const subscribe = () => presence.subscribe("lobby", () => {}, { keys: keys as never });
    expect(subscribe).toThrow(/keys is .*; it must be an array or a Set of keys/);
    expect(subscribe).toThrow(TypeError);
  });

  it("gets one diff for the keys that one call adds or removes", async () => {
    const { presence } = await openPresence();
    for (const name of ["alice", "bob", "carol"]) presence.track(name, "lobby", name);
    const { received, subscription } = watch(presence, ["alice"]);
    await flushPromises();
    subscription.addKeys("bob", "carol", "nobody");
    await flushPromises();
    subscription.removeKeys("alice", "bob", "nobody");
    await flushPromises();
    presence.untrack("bob");
    presence.untrack("carol");
    expect(received).toEqual(["state alice", "+bob +carol", "-alice -bob", "-carol"]);
  });

  it("gets one diff for the edits of several calls in one turn", async () => {
    const { presence } = await openPresence();
    for (const name of ["alice", "bob", "carol"]) presence.track(name, "lobby", name);
    const { received, subscription } = watch(presence, ["alice"]);
    await flushPromises();
    subscription.addKeys("bob");
    subscription.addKeys("carol");
    subscription.removeKeys("alice");
    await flushPromises();
    expect(received).toEqual(["state alice", "+bob +carol -alice"]);
  });

  it("says nothing of keys that are added and removed again, and of those that it has already", async () => {
    const { presence } = await openPresence();
    presence.track("a", "lobby", "alice");
    presence.track("b", "lobby", "bob");
    const { received, subscription } = watch(presence, ["alice"]);
    await flushPromises();
    subscription.addKeys("bob", "alice");
    subscription.removeKeys("bob");
    subscription.removeKeys("alice");
    subscription.addKeys("alice");
    await flushPromises();
    presence.untrack("b");
    presence.untrack("a");
    expect(received).toEqual(["state alice", "-alice"]);
  });

  it("has the keys that are edited before its state in that state", async () => {
    const { presence } = await openPresence();
    presence.track("a", "lobby", "alice");
    presence.track("b", "lobby", "bob");
    const { received, subscription } = watch(presence, ["alice"]);
    subscription.addKeys("bob");
    subscription.removeKeys("alice");
    await flushPromises();
    expect(received).toEqual(["state bob"]);
  });

  it("gets the edits that come while fetch makes its state after that state", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence } = await openPresence({ fetch });
    presence.track("a", "lobby", "alice");
    presence.track("b", "lobby", "bob");
    const { received, subscription } = watch(presence, ["alice"]);
    await flushPromises();
    subscription.addKeys("bob");
    subscription.removeKeys("alice");
    presence.untrack("a");
    await pendingCalls[0]!.answer();
    await flushPromises();
    for (const call of [...pendingCalls]) await call.answer();
    expect(received).toEqual(["state alice", "+bob -alice"]);
  });

  it("gets what it had of a removed key as leaves, not what the key has by then", async () => {
    const { presence, clock } = await openPresence({ diffWindowMs: 50 });
    const first = presence.track("a1", "lobby", "alice");
    const messages: PresenceMessage<State>[] = [];
    const listener = (message: PresenceMessage<State>) => messages.push(message);
    const subscription = presence.subscribe("lobby", listener as never, { keys: ["alice"] });
    await flushPromises();
    presence.track("a2", "lobby", "alice");
    subscription.removeKeys("alice");
    clock.advance(50);
    await flushPromises();
    const leaves = { alice: { metas: [{ phx_ref: first }] } };
    expect(messages.slice(1)).toEqual([
      { topic: "lobby", event: "presence_diff", payload: { joins: {}, leaves } },
    ]);
  });

  it("gets no phx_ref_prev with the joins of a key that it adds", async () => {
    const { presence } = await openPresence();
    presence.track("a", "lobby", "alice", { device: "phone" });
    const ref = presence.update("a", "lobby", "alice", { device: "laptop" });
    const messages: PresenceMessage<State>[] = [];
    const listener = (message: PresenceMessage<State>) => messages.push(message);
    const subscription = presence.subscribe("lobby", listener as never, { keys: [] });
    await flushPromises();
    subscription.addKeys("alice");
    await flushPromises();
    expect(messages[1]?.payload).toEqual({
      joins: { alice: { metas: [{ device: "laptop", phx_ref: ref }] } },
      leaves: {},
    });
  });

  it("does nothing with keys once it has ended, also if they are wrong", async () => {
    const { presence } = await openPresence();
    const { received, subscription } = watch(presence, ["alice"]);
    await flushPromises();
    subscription.unsubscribe();
    subscription.addKeys("bob", {} as never);
    subscription.removeKeys("alice");
    presence.track("b", "lobby", "bob");
    await flushPromises();
    expect(received).toEqual(["state"]);
  });

  it("refuses to edit the keys of a subscription to all of them", async () => {
    const { presence } = await openPresence();
    const subscription = presence.subscribe("lobby", () => {});
    expect(() => subscription.addKeys("alice")).toThrow("Subscribe with keys: []");
    expect(() => subscription.removeKeys("alice")).toThrow(TypeError);
  });

  it("costs nothing for a change of other keys, and shares one projection with those that see the same", async () => {
    const fetch = vi.fn((_topic: string, presences: State) => presences);
    const { presence } = await openPresence({ fetch });
    const messages = new Set<unknown>();
    const add = (message: unknown) => void messages.add(message);
    presence.subscribe("lobby", add, { keys: ["alice", "bob"] });
    presence.subscribe("lobby", add, { keys: ["bob", "alice"] });
    presence.subscribe("lobby", add, { keys: ["alice", "carol"] });
    await flushPromises();
    expect([messages.size, fetch.mock.calls.length]).toEqual([2, 2]);
    presence.track("d", "lobby", "dave");
    expect(fetch).toHaveBeenCalledTimes(2);
    presence.track("a", "lobby", "alice");
    // One diff for all three: its joins and its leaves.
    expect([messages.size, fetch.mock.calls.length]).toEqual([3, 4]);
  });

  it("goes on if fetch fails for another one", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock } = await openPresence({ fetch });
    const alice = watch(presence, ["alice"]);
    const bob = watch(presence, ["bob"]);
    await flushPromises();
    for (const call of [...pendingCalls]) await call.answer();
    presence.track("a", "lobby", "alice");
    for (const call of [...pendingCalls]) await call.fail();
    presence.track("b", "lobby", "bob");
    clock.advance(1_000);
    await flushPromises();
    for (const call of [...pendingCalls]) await call.answer();
    expect([alice.received, bob.received]).toEqual([
      ["state", "state alice"],
      ["state", "+bob"],
    ]);
  });

  it("to counts sees the numbers of its keys, and refuses keys that are not counted", async () => {
    const { presence } = await openPresence({ fetch: countOnly("readers", "writers", "bots") as never });
    presence.track("a", "lobby", "readers");
    const payloads: unknown[] = [];
    const subscription = presence.subscribe("lobby", ({ payload }) => payloads.push(payload), {
      keys: ["readers", "writers"],
    });
    await flushPromises();
    presence.track("b", "lobby", "bots");
    presence.track("c", "lobby", "writers");
    subscription.removeKeys("writers");
    subscription.addKeys("bots");
    await flushPromises();
    expect(payloads).toEqual([
      { readers: { count: 1 }, writers: { count: 0 } },
      {
        joins: { readers: { count: 0 }, writers: { count: 1 } },
        leaves: { readers: { count: 0 }, writers: { count: 0 } },
      },
      {
        joins: { readers: { count: 0 }, writers: { count: 0 }, bots: { count: 1 } },
        leaves: { readers: { count: 0 }, writers: { count: 1 }, bots: { count: 0 } },
      },
    ]);
    const message =
      /of 5 characters, is not counted; readers see only the keys of countOnly: "readers", "writers", "bots"/;
    expect(() => presence.subscribe("lobby", () => {}, { keys: ["alice"] })).toThrow(message);
    expect(() => subscription.addKeys("alice")).toThrow(message);
  });
});
