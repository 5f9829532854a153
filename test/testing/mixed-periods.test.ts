import { describe, expect, it } from "vitest";
import { type SimulateOptions, simulate } from "../../src/testing/index.ts";

const PERIODS = [1_500, 3_000, 15_000, 60_000];
const PAIRS = PERIODS.flatMap((tokyo) => PERIODS.map((paris) => [tokyo, paris] as const));

/** Tokyo and paris with these periods. Alice is in tokyo and bob in paris, and `events` has everything that both report. */
function tokyoAndParis(tokyoMs: number, parisMs: number, options: SimulateOptions = {}) {
  const nodes = { tokyo: { broadcastPeriodMs: tokyoMs }, paris: { broadcastPeriodMs: parisMs } };
  const simulation = simulate(["tokyo", "paris"], { nodes, ...options });
  const { tokyo, paris, advance } = simulation;
  const events: string[] = [];
  for (const { name, tracker } of [tokyo, paris]) {
    for (const event of ["replica-down", "replica-permdown"] as const)
      tracker.on(event, (replica) => events.push(`${name}: ${event} ${replica.name}`));
    tracker.on("warning", ({ code }) => events.push(`${name}: ${code}`));
  }
  tokyo.track("socket 1", "lobby", "alice");
  paris.track("socket 2", "lobby", "bob");
  advance(1_000);
  return { ...simulation, events };
}

describe("two nodes with different periods", () => {
  it.each(PAIRS)(
    "of %i and %i ms list each other's users for two hours, and report it once",
    (one, other) => {
      const { tokyo, paris, advance, events } = tokyoAndParis(one, other);
      for (let minute = 0; minute < 120; minute++) {
        advance(60_000);
        expect(tokyo.keys("lobby")).toEqual(["alice", "bob"]);
        expect(paris.keys("lobby")).toEqual(["alice", "bob"]);
      }
      const reports = ["tokyo: HEARTBEAT_INTERVAL", "paris: HEARTBEAT_INTERVAL"];
      expect(events.sort()).toEqual(one === other ? [] : reports.sort());
    },
  );

  it.each(PAIRS)("of %i and %i ms see each other's changes at once", (one, other) => {
    const { tokyo, paris, advance } = tokyoAndParis(one, other);
    for (let change = 0; change < 50; change++) {
      tokyo.update("socket 1", "lobby", "alice", { change });
      paris.update("socket 2", "lobby", "bob", { change });
      advance(40);
      expect(paris.list("lobby")).toEqual(
        expect.arrayContaining([["alice", expect.objectContaining({ change })]]),
      );
      expect(tokyo.list("lobby")).toEqual(
        expect.arrayContaining([["bob", expect.objectContaining({ change })]]),
      );
      advance(7_000);
    }
  });

  it.each(PAIRS)("of %i and %i ms drop each other's users after a crash", (one, other) => {
    const { tokyo, advance, crash } = tokyoAndParis(one, other);
    advance(10 * other);
    crash("paris");
    const downMs = 20 * Math.min(10 * one, Math.max(one, other));
    advance(downMs - 3 * other - 1);
    expect(tokyo.keys("lobby")).toEqual(["alice", "bob"]);
    advance(3 * other + 2 * one);
    expect(tokyo.keys("lobby")).toEqual(["alice"]);
  });
});

describe("a cluster with different periods", () => {
  it("takes no node for down through losses, with the shortest downPeriodMs and other numbers of silent periods", () => {
    const nodes = {
      tokyo: { broadcastPeriodMs: 1_500, maxSilentPeriods: 0, downPeriodMs: 6_000 },
      paris: { broadcastPeriodMs: 1_500, maxSilentPeriods: 8, downPeriodMs: 54_000 },
      osaka: { broadcastPeriodMs: 500, maxSilentPeriods: 2, downPeriodMs: 6_000 },
    };
    const { tokyo, paris, osaka, advance } = simulate(["tokyo", "paris", "osaka"], {
      nodes,
      network: { lossRate: 0.05 },
    });
    const downs: string[] = [];
    for (const { name, tracker } of [tokyo, paris, osaka])
      tracker.on("replica-down", (replica) => downs.push(`${replica.name} at ${name}`));
    advance(3_600_000);
    expect(downs).toEqual([]);
  });

  it("catches up with a slow node whose messages were lost, as soon as that sends a heartbeat", () => {
    const { tokyo, paris, advance, cut, heal } = tokyoAndParis(1_500, 15_000);
    advance(60_000);
    cut("paris", "tokyo");
    paris.track("socket 3", "lobby", "carol");
    advance(1_000);
    heal();
    advance(46_000);
    expect(tokyo.keys("lobby")).toEqual(["alice", "bob", "carol"]);
  });

  it.each([
    [15_000, 1_500],
    [1_500, 15_000],
  ])("stays quiet during a deploy that changes the period from %i to %i ms", (oldMs, newMs) => {
    const names = ["tokyo", "paris", "osaka"];
    const nodes = Object.fromEntries(
      names.flatMap((name) => [
        [name, { broadcastPeriodMs: oldMs }],
        [`new ${name}`, { broadcastPeriodMs: newMs }],
      ]),
    );
    const { node, start, advance } = simulate(names, { nodes });
    const downs: string[] = [];
    const warnings = new Map<string, string[]>();
    const listen = (name: string) => {
      const { tracker } = node(name);
      warnings.set(name, []);
      tracker.on("replica-down", (replica) => downs.push(`${replica.name} at ${name}`));
      tracker.on("warning", ({ code }) => warnings.get(name)!.push(code));
      node(name).track("socket", "lobby", name.replace("new ", ""));
    };
    for (const name of names) listen(name);
    for (const name of names) {
      advance(120_000);
      node(name).close();
      advance(1_000);
      start(`new ${name}`, name);
      listen(`new ${name}`);
      advance(1_000);
      expect(node(`new ${name}`).keys("lobby")).toEqual(["osaka", "paris", "tokyo"]);
    }
    advance(3_600_000);
    expect(downs).toEqual([]);
    for (const codes of warnings.values()) expect(["", "HEARTBEAT_INTERVAL"]).toContain(codes.join());
  });
});
