import { describe, expect, it } from "vitest";
import {
  flushPromises,
  manualFetch,
  openPresence,
  recordMessages,
  summaryOf,
  twoNodes,
} from "./open-presence.ts";

describe("a diff window of 100 ms", () => {
  it("collects the changes of 100 ms into one diff", async () => {
    const { presence, clock } = await openPresence({ diffWindowMs: 100 });
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    presence.track("a", "lobby", "alice");
    clock.advance(60);
    presence.track("b", "lobby", "bob");
    clock.advance(39);
    expect(received).toEqual(["state"]);
    clock.advance(1);
    expect(received).toEqual(["state", "+alice +bob"]);
    clock.advance(1_000);
    presence.track("c", "lobby", "carol");
    clock.advance(100);
    expect(received).toEqual(["state", "+alice +bob", "+carol"]);
  });

  it("compares its start with its end by ref: no ref is in both, and an update may skip refs", async () => {
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

  it("makes no diff and calls no fetch if its changes cancel out", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock } = await openPresence({ diffWindowMs: 100, fetch });
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    await pendingCalls[0]!.answer();
    presence.track("a", "lobby", "alice");
    presence.untrack("a");
    clock.advance(1_000);
    expect([received, pendingCalls]).toEqual([["state"], []]);
  });

  it("makes no diff when a replica goes down and comes back within it", async () => {
    const keyEvents: string[] = [];
    const { tokyo, network, pass } = await twoNodes({
      diffWindowMs: 60_000,
      onKeyJoin: (_topic, key) => keyEvents.push(`+${key}`),
      onKeyLeave: (_topic, key) => keyEvents.push(`-${key}`),
    });
    const { received } = recordMessages(tokyo.presence, "lobby");
    await flushPromises();
    network.isCut = true;
    await pass(33_000);
    network.isCut = false;
    await pass(9_000);
    expect([tokyo.presence.count("lobby"), keyEvents]).toEqual([1, ["+bob", "-bob", "+bob"]]);
    await pass(60_000);
    expect(received).toEqual(["state bob"]);
  });

  it("gives new subscribers the state of its end, and one state to all of them", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock } = await openPresence({ diffWindowMs: 100, fetch });
    const early = recordMessages(presence, "lobby");
    await flushPromises();
    await pendingCalls[0]!.answer();
    presence.track("a", "lobby", "alice");
    const bob = recordMessages(presence, "lobby");
    await flushPromises();
    clock.advance(50);
    presence.track("c", "lobby", "carol");
    const dave = recordMessages(presence, "lobby");
    await flushPromises();
    expect(pendingCalls).toEqual([]);
    clock.advance(50);
    expect(pendingCalls.map(({ keys }) => keys)).toEqual([["alice", "carol"], [], ["alice", "carol"]]);
    for (const call of [...pendingCalls]) await call.answer();
    expect([early.received, bob.received, dave.received]).toEqual([
      ["state", "+alice +carol"],
      ["state alice carol"],
      ["state alice carol"],
    ]);
  });

  it("does not delay the first state of a topic", async () => {
    const { presence } = await openPresence({ diffWindowMs: 100 });
    presence.track("a", "lobby", "alice");
    const { received } = recordMessages(presence, "lobby");
    presence.track("b", "lobby", "bob");
    await flushPromises();
    expect(received).toEqual(["state alice bob"]);
  });

  it("starts with a change, even if fetch is still running", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock } = await openPresence({ diffWindowMs: 100, fetch });
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    presence.track("a", "lobby", "alice");
    clock.advance(60);
    await pendingCalls[0]!.answer();
    expect([received, pendingCalls]).toEqual([["state"], []]);
    clock.advance(40);
    expect(pendingCalls).toHaveLength(2);
    presence.track("b", "lobby", "bob");
    clock.advance(1_000);
    expect(pendingCalls).toHaveLength(2);
    for (const call of [...pendingCalls]) await call.answer();
    expect(received).toEqual(["state", "+alice"]);
    for (const call of [...pendingCalls]) await call.answer();
    expect(received).toEqual(["state", "+alice", "+bob"]);
  });

  it("is separate for each topic and applies to the diff event too", async () => {
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

  it("ends with the last subscriber", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence, clock } = await openPresence({ diffWindowMs: 100, fetch });
    const { stop } = recordMessages(presence, "lobby");
    await flushPromises();
    await pendingCalls[0]!.answer();
    presence.track("a", "lobby", "alice");
    stop();
    const { received } = recordMessages(presence, "lobby");
    await flushPromises();
    await pendingCalls[0]!.answer();
    clock.advance(1_000);
    expect([received, pendingCalls]).toEqual([["state alice"], []]);
  });
});
