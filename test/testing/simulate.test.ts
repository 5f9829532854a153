import { describe, expect, it } from "vitest";
import { BrokenPromiseError, simulate } from "../../src/testing/index.ts";

describe("simulate", () => {
  it("goes the same way for the same seed, and another way for another", () => {
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

  it("does nothing while time stands still, and counts time", () => {
    const { tokyo, paris, advance, now } = simulate(["tokyo", "paris"]);
    tokyo.track("alice", "lobby", "alice");
    expect(tokyo.count("lobby")).toBe(1);
    expect(paris.count("lobby")).toBe(0);
    advance(250);
    expect(paris.count("lobby")).toBe(1);
    expect(now()).toBe(250);
    expect(() => advance(-1)).toThrow(TypeError);
  });

  it("gives each call of a node to its tracker", () => {
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

  it("says which nodes run, and lets none be called that does not", () => {
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

  it("refuses names that are taken, unknown, or a call's", () => {
    const { start, crash } = simulate(["tokyo"]);
    expect(() => start("tokyo")).toThrow("There is a node tokyo already");
    expect(() => crash("paris")).toThrow("There is no node paris; there are tokyo.");
    expect(() => simulate(["advance"])).toThrow("A node can't be called advance");
    expect(() => simulate(["tokyo", "tokyo"])).toThrow(TypeError);
  });

  it("hands options on to every tracker", () => {
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

  it("throws when a tracker breaks a promise, and says which", () => {
    const { tokyo, paris, advance } = simulate(["tokyo", "paris"]);
    advance(100);
    tokyo.track("socket", "lobby", "alice");
    advance(100);
    // As a bug would: paris lists nothing, whatever its diffs say.
    paris.tracker.list = () => [];
    tokyo.track("socket", "lobby", "bob");
    expect(() => advance(60_000)).toThrow(BrokenPromiseError);
    expect(() => advance(1)).toThrow(/^At .* s paris: /);
  });
});
