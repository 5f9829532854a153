import { describe, expect, it, vi } from "vitest";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { diffsOf, openTracker, soon } from "../open-tracker.ts";

describe("the diff event", () => {
  it("comes before the call returns, or, for a call of a listener, after the current event", async () => {
    const tokyo = await openTracker();
    const heard: string[] = [];
    tokyo.on("diff", (diff) => {
      const { joins } = diff.get("lobby")!;
      heard.push(`first ${Object.keys(joins)}`);
      if ("alice" in joins) tokyo.track("other", "lobby", "bob");
    });
    tokyo.on("diff", (diff) => heard.push(`second ${Object.keys(diff.get("lobby")!.joins)}`));
    tokyo.track("session", "lobby", "alice");
    expect(heard).toEqual(["first alice", "second alice", "first bob", "second bob"]);
  });

  it("has the cause local for a change of this node", async () => {
    const tokyo = await openTracker();
    const causes: string[] = [];
    tokyo.on("diff", (_, cause) => causes.push(cause));
    tokyo.track("session", "lobby", "alice");
    expect(causes).toEqual(["local"]);
  });

  it("reaches all listeners when one throws or rejects, which causes an error event", async () => {
    const tokyo = await openTracker();
    const errors: string[] = [];
    tokyo.on("error", (error) => errors.push(error.message));
    const diffs = diffsOf(tokyo);
    tokyo.on("diff", () => {
      throw new Error("thrown");
    });
    tokyo.on("diff", async () => {
      throw new Error("rejected");
    });
    const after = diffsOf(tokyo);
    tokyo.track("session", "lobby", "alice");
    await soon(() => expect(errors).toEqual(["thrown", "rejected"]));
    expect([diffs, after, tokyo.count("lobby")]).toEqual([["+alice @lobby"], ["+alice @lobby"], 1]);
  });

  it("that throws in an error listener causes a process warning and no loop", async () => {
    const tokyo = await openTracker();
    let calls = 0;
    const fails = () => {
      calls++;
      throw new Error("the log is closed");
    };
    const emitWarning = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    tokyo.on("diff", fails).on("error", fails);
    tokyo.track("session", "lobby", "alice");
    expect([calls, emitWarning.mock.calls.length]).toEqual([2, 1]);
    emitWarning.mockRestore();
  });

  it("comes in order when a warning listener changes presences", async () => {
    const pubsub = memoryPubSub();
    const options = { pubsub, replicaName: "tokyo", flushDelayMs: 0 };
    const tokyo = await openTracker(options);
    const replayed = new Set<string>();
    tokyo.on("diff", (diff) => {
      for (const [, { joins, leaves }] of diff) {
        for (const { metas } of Object.values(leaves))
          for (const { phx_ref } of metas) expect(replayed.delete(phx_ref)).toBe(true);
        for (const { metas } of Object.values(joins)) for (const { phx_ref } of metas) replayed.add(phx_ref);
      }
    });
    tokyo.track("session", "lobby", "alice", { n: 1 });
    let warned = 0;
    tokyo.on("warning", () => {
      warned++;
      tokyo.update("session", "lobby", "alice", { n: 2 });
    });
    // Within the same ms their ids would decide which of the two is later.
    await openTracker({ ...options, clock: { ...systemClock, wallNow: () => Date.now() + 1_000 } });
    await soon(() => expect(warned).toBe(1));
    expect([...replayed]).toEqual(tokyo.getByKey("lobby", "alice").map(({ phx_ref }) => phx_ref));
  });

  it("reaches a once listener once and a removed listener never", async () => {
    const tokyo = await openTracker();
    const once = vi.fn();
    const left = vi.fn();
    tokyo.once("diff", once).on("diff", left).off("diff", left);
    tokyo.track("session", "lobby", "alice");
    tokyo.untrack("session");
    expect([once.mock.calls.length, left.mock.calls.length]).toEqual([1, 0]);
  });
});
