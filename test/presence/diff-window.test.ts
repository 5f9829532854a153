import { describe, expect, it } from "vitest";
import {
  flushPromises,
  manualFetch,
  openPresence,
  recordMessages,
  summaryOf,
  twoNodes,
} from "./open-presence.ts";

describe("a window of 100 ms", () => {
  it("makes one diff of what changes in it", async () => {
    const { presence, clock } = await openPresence({ diffWindowMs: 100 });
    const { told } = recordMessages(presence, "lobby");
    await flushPromises();
    presence.track("a", "lobby", "alice");
    clock.advance(60);
    presence.track("b", "lobby", "bob");
    clock.advance(39);
    expect(told).toEqual(["state"]);
    clock.advance(1);
    expect(told).toEqual(["state", "+alice +bob"]);
    clock.advance(1_000);
    presence.track("c", "lobby", "carol");
    clock.advance(100);
    expect(told).toEqual(["state", "+alice +bob", "+carol"]);
  });

  it("compares its start with its end, by ref: no ref is in both, and an update may skip refs", async () => {
    const { presence, clock } = await openPresence({ diffWindowMs: 100 });
    const payloads: unknown[] = [];
    const first = presence.track("a", "lobby", "alice", { n: 1 });
    presence.subscribe("lobby", ({ event, payload }) => {
      if (event === "presence_diff") payloads.push(payload);
    });
    await flushPromises();
    const second = presence.update("a", "lobby", "alice", { n: 2 });
    const third = presence.update("a", "lobby", "alice", { n: 3 });
    presence.track("b", "lobby", "bob");
    presence.untrack("b");
    clock.advance(100);
    expect(payloads).toEqual([
      {
        joins: { alice: { metas: [{ n: 3, phx_ref: third, phx_ref_prev: second }] } },
        leaves: { alice: { metas: [{ n: 1, phx_ref: first }] } },
      },
    ]);
  });

  it("is nothing at all where nothing is left of it", async () => {
    const { fetch, asked } = manualFetch();
    const { presence, clock } = await openPresence({ diffWindowMs: 100, fetch });
    const { told } = recordMessages(presence, "lobby");
    await flushPromises();
    await asked[0]!.answer();
    presence.track("a", "lobby", "alice");
    presence.untrack("a");
    clock.advance(1_000);
    expect([told, asked]).toEqual([["state"], []]);
  });

  it("is nothing when a replica flaps in it", async () => {
    const keyEvents: string[] = [];
    const { tokyo, network, pass } = await twoNodes({
      diffWindowMs: 60_000,
      onKeyJoin: (_topic, key) => keyEvents.push(`+${key}`),
      onKeyLeave: (_topic, key) => keyEvents.push(`-${key}`),
    });
    const { told } = recordMessages(tokyo.presence, "lobby");
    await flushPromises();
    network.isCut = true;
    await pass(33_000);
    network.isCut = false;
    await pass(9_000);
    expect([tokyo.presence.count("lobby"), keyEvents]).toEqual([1, ["+bob", "-bob", "+bob"]]);
    await pass(60_000);
    expect(told).toEqual(["state bob"]);
  });

  it("gives who subscribes in it the state of its end, one for all", async () => {
    const { fetch, asked } = manualFetch();
    const { presence, clock } = await openPresence({ diffWindowMs: 100, fetch });
    const early = recordMessages(presence, "lobby");
    await flushPromises();
    await asked[0]!.answer();
    presence.track("a", "lobby", "alice");
    const bob = recordMessages(presence, "lobby");
    await flushPromises();
    clock.advance(50);
    presence.track("c", "lobby", "carol");
    const dave = recordMessages(presence, "lobby");
    await flushPromises();
    expect(asked).toEqual([]);
    clock.advance(50);
    expect(asked.map(({ keys }) => keys)).toEqual([["alice", "carol"], [], ["alice", "carol"]]);
    for (const call of [...asked]) await call.answer();
    expect([early.told, bob.told, dave.told]).toEqual([
      ["state", "+alice +carol"],
      ["state alice carol"],
      ["state alice carol"],
    ]);
  });

  it("does not keep waiting who subscribes before anything changes", async () => {
    const { presence } = await openPresence({ diffWindowMs: 100 });
    presence.track("a", "lobby", "alice");
    const { told } = recordMessages(presence, "lobby");
    presence.track("b", "lobby", "bob");
    await flushPromises();
    expect(told).toEqual(["state alice bob"]);
  });

  it("begins with a change, also with one that comes while fetch takes its time", async () => {
    const { fetch, asked } = manualFetch();
    const { presence, clock } = await openPresence({ diffWindowMs: 100, fetch });
    const { told } = recordMessages(presence, "lobby");
    await flushPromises();
    presence.track("a", "lobby", "alice");
    clock.advance(60);
    await asked[0]!.answer();
    expect([told, asked]).toEqual([["state"], []]);
    clock.advance(40);
    expect(asked).toHaveLength(2);
    presence.track("b", "lobby", "bob");
    clock.advance(1_000);
    expect(asked).toHaveLength(2);
    for (const call of [...asked]) await call.answer();
    expect(told).toEqual(["state", "+alice"]);
    for (const call of [...asked]) await call.answer();
    expect(told).toEqual(["state", "+alice", "+bob"]);
  });

  it("is each topic's own, and holds for listeners of diffs too", async () => {
    const { presence, clock } = await openPresence({ diffWindowMs: 100 });
    const diffs: string[] = [];
    presence.on("diff", (diff) => {
      for (const [topic, payload] of diff)
        diffs.push(`${topic} ${summaryOf({ event: "presence_diff", payload })}`);
    });
    presence.track("a", "lobby", "alice");
    clock.advance(50);
    presence.track("a", "kitchen", "alice");
    presence.untrack("a", "lobby", "alice");
    presence.track("b", "lobby", "bob");
    clock.advance(50);
    expect(diffs).toEqual(["lobby +bob"]);
    clock.advance(50);
    expect(diffs).toEqual(["lobby +bob", "kitchen +alice"]);
  });

  it("ends with whoever listened", async () => {
    const { fetch, asked } = manualFetch();
    const { presence, clock } = await openPresence({ diffWindowMs: 100, fetch });
    const { stop } = recordMessages(presence, "lobby");
    await flushPromises();
    await asked[0]!.answer();
    presence.track("a", "lobby", "alice");
    stop();
    const { told } = recordMessages(presence, "lobby");
    await flushPromises();
    await asked[0]!.answer();
    clock.advance(1_000);
    expect([told, asked]).toEqual([["state alice"], []]);
  });
});
