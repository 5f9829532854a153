import { describe, expect, it } from "vitest";
import { BrokenPromiseError, SimulatedNode, simulate } from "../../src/testing/index.ts";

describe("simulate", () => {
  it("runs the same way for the same seed, and differently for another seed", () => {
    const run = (seed: number) => {
      const { tokyo, paris, advance, traffic, setConditions } = simulate(["tokyo", "paris"], { seed });
      setConditions({ lossRate: 0.3 });
      for (let at = 0; at < 20; at++) {
        tokyo.track(`socket ${at}`, "lobby", "alice");
        advance(50);
      }
      return [traffic(), paris.list("lobby"), tokyo.list("lobby")];
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
  });

  it("delivers messages only while time advances", () => {
    const { tokyo, paris, advance, now } = simulate(["tokyo", "paris"]);
    tokyo.track("alice", "lobby", "alice");
    expect(tokyo.count("lobby")).toBe(1);
    expect(paris.count("lobby")).toBe(0);
    advance(250);
    expect(paris.count("lobby")).toBe(1);
    expect(now()).toBe(250);
    expect(() => advance(-1)).toThrow(TypeError);
  });

  it("passes each call of a node to its tracker", () => {
    const { tokyo } = simulate(["tokyo"]);
    const ref = tokyo.track("socket", "lobby", "alice", { device: "phone" });
    expect(tokyo.list("lobby")).toEqual([["alice", { device: "phone", phx_ref: ref }]]);
    const next = tokyo.update("socket", "lobby", "alice", { device: "laptop" });
    expect(tokyo.tracker.getByKey("lobby", "alice")).toEqual([
      { device: "laptop", phx_ref: next, phx_ref_prev: ref },
    ]);
    tokyo.track("socket", "room", "alice");
    tokyo.untrack("socket", "room", "alice");
    expect(tokyo.count("room", "alice")).toBe(0);
    tokyo.end("socket");
    expect(tokyo.keys("lobby")).toEqual([]);
    expect(() => tokyo.update("socket", "lobby", "alice", {})).toThrow(
      expect.objectContaining({ code: "NOT_TRACKED" }),
    );
  });

  it("reports which nodes run, and refuses calls of a node that does not", () => {
    const { tokyo, crash, restart, start, node } = simulate(["tokyo"]);
    crash("tokyo");
    expect(tokyo.isRunning).toBe(false);
    expect(() => tokyo.keys("lobby")).toThrow("tokyo is not running");
    restart("tokyo");
    expect(tokyo.keys("lobby")).toEqual([]);
    expect(start("osaka")).toBe(node("osaka"));
    node("osaka").close();
    expect(node("osaka").isRunning).toBe(false);
  });

  it("has nodes that are instances of SimulatedNode, which cannot be constructed directly", () => {
    const { tokyo } = simulate(["tokyo"]);
    expect(tokyo).toBeInstanceOf(SimulatedNode);
    const construct = () => new (SimulatedNode as unknown as new () => SimulatedNode)();
    expect(construct).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message:
          "new SimulatedNode() was called directly; only its factory may construct it. " +
          'Call const { tokyo } = simulate(["tokyo"]) instead.',
      }),
    );
  });

  it("refuses names that are taken, unknown, or the name of a call", () => {
    const { start, crash } = simulate(["tokyo"]);
    expect(() => start("tokyo")).toThrow("There already is a node tokyo");
    expect(() => crash("paris")).toThrow("There is no node paris; the nodes are tokyo.");
    expect(() => simulate(["advance"])).toThrow("A node cannot have the name advance");
    expect(() => simulate(["tokyo", "tokyo"])).toThrow(TypeError);
  });

  it("passes its options to every tracker", () => {
    const { tokyo, advance, crash } = simulate(["tokyo", "paris"], {
      broadcastPeriodMs: 100,
      downPeriodMs: 1_200,
      permdownPeriodMs: 2_000,
    });
    advance(500);
    crash("paris");
    advance(1_400);
    expect(tokyo.tracker.replicas().map(({ status }) => status)).toEqual(["up", "down"]);
    advance(1_000);
    expect(tokyo.tracker.replicas()).toHaveLength(1);
  });

  it("throws when a tracker breaks a promise, and names the node and the time", () => {
    const { tokyo, paris, advance } = simulate(["tokyo", "paris"]);
    advance(100);
    tokyo.track("socket", "lobby", "alice");
    advance(100);
    // A bug: paris lists nothing, whatever its diffs say.
    paris.tracker.list = () => [];
    tokyo.track("socket", "lobby", "bob");
    expect(() => advance(60_000)).toThrow(BrokenPromiseError);
    expect(() => advance(1)).toThrow(/^At .* s paris: /);
  });
});
