import { describe, expect, it } from "vitest";
import { type SimulateOptions, simulate } from "../../src/testing/index.ts";

/** Short enough that nobody is forgotten in the stories that are not about it. */
const DOWN_MS = 30_000;
const PERMDOWN_MS = 1_200_000;
const INTERVAL_MS = 4_500;

function tokyoAndParis(options: SimulateOptions = {}) {
  const simulation = simulate(["tokyo", "paris"], options);
  simulation.advance(1_000);
  return simulation;
}

function threeCities(options: SimulateOptions = {}) {
  const simulation = simulate(["tokyo", "paris", "osaka"], options);
  simulation.advance(1_000);
  return simulation;
}

describe("a partition", () => {
  it("hides the lost node's users, and brings them back when it heals", () => {
    const { tokyo, paris, advance, isolate, heal } = simulate(["tokyo", "paris"]);
    tokyo.track("alice", "lobby", "alice");
    paris.track("bob", "lobby", "bob");
    advance(1_000);
    expect(tokyo.keys("lobby")).toEqual(["alice", "bob"]);

    isolate("paris");
    advance(40_000);
    expect(tokyo.keys("lobby")).toEqual(["alice"]);

    heal("paris");
    advance(5_000);
    expect(tokyo.keys("lobby")).toEqual(["alice", "bob"]);
  });

  it("brings back the same refs, and nobody who left meanwhile", () => {
    const { tokyo, paris, advance, isolate, heal } = tokyoAndParis();
    const stays = paris.track("bob", "lobby", "bob");
    paris.track("carol", "lobby", "carol");
    advance(100);
    const seen: string[] = [];
    tokyo.tracker.on("diff", (diff) => seen.push(...Object.keys(diff.get("lobby")!.joins)));

    isolate("paris");
    paris.untrack("carol");
    advance(40_000);
    heal("paris");
    advance(10_000);
    expect(tokyo.list("lobby").map(([key, { phx_ref }]) => [key, phx_ref])).toEqual([["bob", stays]]);
    expect(seen).toEqual(["bob"]);
  });

  it("of longer than permdownPeriodMs ends with new acquaintances who know everything", () => {
    const { tokyo, paris, advance, isolate, heal } = tokyoAndParis();
    const events: string[] = [];
    tokyo.tracker.on("replica-permdown", ({ name }) => events.push(`forgot ${name}`));
    tokyo.tracker.on("replica-up", ({ name }) => events.push(`met ${name}`));
    paris.track("bob", "lobby", "bob");
    isolate("paris");
    advance(PERMDOWN_MS + 10_000);
    expect(tokyo.tracker.replicas().map(({ name }) => name)).toEqual(["tokyo"]);

    paris.track("carol", "lobby", "carol");
    heal("paris");
    advance(INTERVAL_MS + 3_000);
    expect(tokyo.keys("lobby")).toEqual(["bob", "carol"]);
    expect(events).toEqual(["forgot paris", "met paris"]);
  });

  it("of one direction hides in that direction only, and a third node can't tell who is up", () => {
    const { tokyo, paris, osaka, advance, cut } = threeCities();
    paris.track("bob", "lobby", "bob");
    tokyo.track("alice", "lobby", "alice");
    advance(100);
    cut("paris", "tokyo");
    advance(DOWN_MS + 10_000);
    expect(tokyo.keys("lobby")).toEqual(["alice"]);
    expect(paris.keys("lobby")).toEqual(["alice", "bob"]);
    expect(osaka.keys("lobby")).toEqual(["alice", "bob"]);
  });

  it("of one direction loses nothing between nodes that a third one connects, while both are up", () => {
    const { tokyo, paris, osaka, advance, setLink } = threeCities();
    // Only the greetings get through: what paris tracks, tokyo has to learn from osaka.
    setLink("paris", "tokyo", { lossRate: 0.7 });
    for (let at = 0; at < 20; at++) {
      paris.track(`socket ${at}`, "lobby", `user ${at}`);
      advance(200);
    }
    advance(3 * INTERVAL_MS);
    expect(osaka.count("lobby")).toBe(20);
    expect(tokyo.count("lobby")).toBe(20);
  });
});

describe("a process that dies", () => {
  it("is gone from everybody after downPeriodMs, and not before", () => {
    const { tokyo, paris, advance, crash } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(1_000);
    crash("paris");
    advance(DOWN_MS - INTERVAL_MS - 1);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
    advance(INTERVAL_MS + 1_500);
    expect(tokyo.keys("lobby")).toEqual([]);
  });

  it("and starts again under its name takes its place at once", () => {
    const { tokyo, paris, advance, restart } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(1_000);
    restart("paris");
    advance(100);
    expect(tokyo.keys("lobby")).toEqual([]);
    expect(tokyo.tracker.replicas().map(({ name }) => name)).toEqual(["tokyo", "paris"]);
  });

  it("and starts again under its name lets its users wait for leaveDelayMs", () => {
    const { tokyo, paris, advance, restart } = tokyoAndParis({ leaveDelayMs: 5_000 });
    paris.track("bob", "lobby", "bob");
    paris.track("carol", "lobby", "carol");
    advance(INTERVAL_MS);
    restart("paris");
    advance(1_000);
    paris.track("bob again", "lobby", "bob");
    advance(1_000);
    expect(
      tokyo
        .list("lobby")
        .map(([key]) => key)
        .sort(),
    ).toEqual(["bob", "carol"]);
    advance(5_000);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
  });

  it("and starts again under its name keeps no place for those who are elsewhere by then", () => {
    const { tokyo, paris, osaka, advance, crash, restart } = threeCities({ leaveDelayMs: 5_000 });
    for (const key of ["bob", "carol"]) paris.track(key, "lobby", key);
    osaka.track("bob's phone", "lobby", "bob");
    advance(2 * INTERVAL_MS);
    crash("paris");
    osaka.track("carol", "lobby", "carol");
    advance(1_000);
    expect(tokyo.count("lobby", "carol")).toBe(2);
    restart("paris");
    advance(100);
    for (const node of [tokyo, osaka]) {
      expect([node.count("lobby", "bob"), node.count("lobby", "carol")]).toEqual([2, 1]);
    }
  });

  it("does not come back by a message that was held up for minutes", () => {
    const { tokyo, paris, advance, restart, setLink } = tokyoAndParis();
    setLink("paris", "tokyo", { lateRate: 1, lateMs: [120_000, 120_000] });
    paris.track("bob", "lobby", "bob");
    advance(100);
    setLink("paris", "tokyo", { lateRate: 0 });
    restart("paris");
    advance(200_000);
    expect(tokyo.keys("lobby")).toEqual([]);
    expect(tokyo.tracker.replicas()).toHaveLength(2);
  });

  it("whose clock went back over the restart is believed after a while", () => {
    const { tokyo, paris, advance, jumpWall, restart } = tokyoAndParis();
    jumpWall("paris", -3_600_000);
    restart("paris");
    paris.track("bob", "lobby", "bob");
    advance(1_000);
    expect(tokyo.keys("lobby")).toEqual([]);
    // Long before its former self is down.
    advance(4 * INTERVAL_MS);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
  });
});

describe("two processes of one name", () => {
  it("both keep working, with one notice, and no ping-pong", () => {
    const { tokyo, paris, start, advance } = tokyoAndParis();
    const warnings: string[] = [];
    tokyo.tracker.on("warning", ({ code }) => warnings.push(code));
    tokyo.track("alice", "lobby", "alice");
    const twin = start("twin", "tokyo");
    twin.track("carol", "lobby", "carol");
    advance(10 * INTERVAL_MS);
    for (const node of [tokyo, twin, paris]) expect(node.keys("lobby")).toEqual(["alice", "carol"]);
    expect(warnings).toEqual(["DUPLICATE_REPLICA"]);
    expect(paris.tracker.replicas()).toHaveLength(3);
  });
});

describe("a graceful close", () => {
  it("is known to all at once", () => {
    const { tokyo, paris, advance } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(100);
    paris.close();
    advance(10);
    expect(tokyo.keys("lobby")).toEqual([]);
    expect(tokyo.tracker.replicas()).toHaveLength(1);
  });

  it("lets users wait at the others for leaveDelayMs, where a successor takes them over", () => {
    const { tokyo, paris, osaka, advance } = threeCities({ leaveDelayMs: 5_000 });
    paris.track("bob", "lobby", "bob");
    paris.track("carol", "lobby", "carol");
    advance(100);
    paris.close();
    advance(1_000);
    expect(tokyo.count("lobby")).toBe(2);
    osaka.track("bob", "lobby", "bob");
    advance(100);
    expect(tokyo.count("lobby", "bob")).toBe(1);
    expect(tokyo.keys("lobby")).toEqual(["bob", "carol"]);
    advance(5_000);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
  });

  it("keeps no place for those who are elsewhere before the notice is, and counts a second device as one", () => {
    const { tokyo, paris, osaka, advance } = threeCities({ leaveDelayMs: 5_000 });
    for (const key of ["bob", "carol", "dave"]) paris.track(key, "lobby", key);
    osaka.track("dave's phone", "lobby", "dave");
    advance(100);
    paris.close();
    osaka.track("bob", "lobby", "bob");
    osaka.track("carol", "lobby", "carol");
    osaka.update("carol", "lobby", "carol", { typing: true });
    expect(osaka.count("lobby")).toBe(6);
    advance(100);
    for (const node of [tokyo, osaka]) {
      expect(["bob", "carol", "dave"].map((key) => node.count("lobby", key))).toEqual([1, 1, 2]);
    }
    advance(5_000);
    for (const node of [tokyo, osaka]) expect(node.keys("lobby")).toEqual(["bob", "carol", "dave"]);
  });

  it("keeps no place for one who says more of himself as soon as he is elsewhere", () => {
    const { tokyo, paris, osaka, advance } = threeCities({ leaveDelayMs: 5_000 });
    paris.track("bob", "lobby", "bob");
    advance(100);
    paris.close();
    advance(1_000);
    osaka.track("bob", "lobby", "bob");
    // Both are in one message.
    osaka.update("bob", "lobby", "bob", { typing: true });
    advance(100);
    for (const node of [tokyo, osaka]) expect(node.count("lobby", "bob")).toBe(1);
  });

  it("keeps a place for a second device where another node goes too, and the first alone is elsewhere", () => {
    const names = ["tokyo", "paris", "osaka", "lima"] as const;
    const { tokyo, paris, osaka, lima, advance } = simulate(names, { leaveDelayMs: 5_000 });
    for (const key of ["bob", "carol"]) {
      paris.track(`${key}'s phone`, "lobby", key);
      lima.track(`${key}'s laptop`, "lobby", key);
    }
    advance(1_000);
    paris.close();
    // Quicker than both notices, and than the second of them.
    osaka.track("bob's phone", "lobby", "bob");
    advance(50);
    osaka.track("carol's phone", "lobby", "carol");
    lima.close();
    advance(100);
    for (const node of [tokyo, osaka]) {
      expect(["bob", "carol"].map((key) => node.count("lobby", key))).toEqual([2, 2]);
    }
    osaka.untrack("bob's phone");
    advance(100);
    for (const node of [tokyo, osaka]) expect(node.keys("lobby")).toEqual(["bob", "carol"]);
  });

  it("keeps a place beside a device that came to a node which the one that goes has not heard for long", () => {
    const { tokyo, paris, osaka, advance, cut } = threeCities({ leaveDelayMs: 5_000 });
    paris.track("bob's laptop", "lobby", "bob");
    cut("osaka", "paris");
    advance(DOWN_MS);
    osaka.track("bob's phone", "lobby", "bob");
    advance(DOWN_MS);
    paris.close();
    advance(100);
    for (const node of [tokyo, osaka]) expect(node.count("lobby", "bob")).toBe(2);
  });

  it("lets nobody wait who is to leave at once", () => {
    const { tokyo, paris, advance } = tokyoAndParis({ leaveDelayMs: 5_000 });
    paris.track("bob", "lobby", "bob");
    advance(100);
    paris.close({ leave: true });
    advance(10);
    expect(tokyo.keys("lobby")).toEqual([]);
  });

  it("is heard though the first notice is lost", () => {
    const { tokyo, paris, advance, cut, heal } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(100);
    cut("paris", "tokyo");
    paris.close();
    advance(1);
    heal("paris", "tokyo");
    advance(50);
    expect(tokyo.keys("lobby")).toEqual([]);
  });
});

describe("lingering presences", () => {
  it("are not shown to who hears the cluster only afterwards", () => {
    const { paris, advance, start } = tokyoAndParis({ leaveDelayMs: 60_000 });
    paris.track("bob", "lobby", "bob");
    advance(100);
    paris.close();
    advance(100);
    const osaka = start("osaka");
    advance(10_000);
    expect(osaka.keys("lobby")).toEqual([]);
  });

  it("whose older dots were hidden behind a gap leave whole", () => {
    const { tokyo, paris, advance, cut, heal, crash, restart } = tokyoAndParis({ leaveDelayMs: 5_000 });
    tokyo.track("alice", "lobby", "alice", { at: 1 });
    advance(INTERVAL_MS + 100);
    cut("paris", "tokyo");
    cut("tokyo", "paris");
    tokyo.update("alice", "lobby", "alice", { at: 2 });
    advance(100);
    heal("tokyo", "paris");
    tokyo.update("alice", "lobby", "alice", { at: 3 });
    advance(50);
    expect(paris.list("lobby").map(([, { at }]) => at)).toEqual([3]);

    crash("tokyo");
    heal();
    restart("tokyo");
    tokyo.track("alice again", "lobby", "alice", { at: 4 });
    advance(100);
    expect(paris.list("lobby").map(([, { at }]) => at)).toEqual([4]);
    advance(10_000);
    expect(paris.count("lobby")).toBe(1);
  });
});

describe("a node in trouble of its own", () => {
  it("declares nobody down for the time in which it was paused", () => {
    const { tokyo, paris, advance, pause, resume } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(100);
    const downs: string[] = [];
    tokyo.tracker.on("replica-down", ({ name }) => downs.push(name));
    // Its timers or what waited for it come first, by chance.
    for (let time = 0; time < 5; time++) {
      pause("tokyo");
      advance(2 * DOWN_MS);
      resume("tokyo");
      advance(10_000);
    }
    expect(downs).toEqual([]);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
  });

  it("declares nobody down while it has no connection, and is told", () => {
    const { tokyo, paris, advance, disconnect, reconnect } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(100);
    disconnect("tokyo");
    advance(5 * DOWN_MS);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
    reconnect("tokyo");
    tokyo.track("alice", "lobby", "alice");
    advance(INTERVAL_MS);
    expect(paris.keys("lobby")).toEqual(["alice", "bob"]);
  });

  it("declares nobody down while it has no connection, and nobody tells it", () => {
    const { tokyo, paris, advance, disconnect, reconnect } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(100);
    disconnect("tokyo", { told: false, publishThrows: false });
    tokyo.track("alice", "lobby", "alice");
    advance(5 * DOWN_MS);
    expect(tokyo.keys("lobby")).toEqual(["alice", "bob"]);
    expect(paris.keys("lobby")).toEqual(["bob"]);
    reconnect("tokyo");
    advance(INTERVAL_MS + 3_000);
    expect(paris.keys("lobby")).toEqual(["alice", "bob"]);
  });

  it("finds out by its own messages that it is deaf, and subscribes anew", () => {
    const { tokyo, paris, advance, deafen } = tokyoAndParis();
    deafen("tokyo");
    paris.track("bob", "lobby", "bob");
    advance(5 * INTERVAL_MS);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
  });
});

describe("a node that finds out what it missed", () => {
  it("counts nobody's silence of a time in which it could not hear, also when it has to take another name", () => {
    const { tokyo, osaka, advance, disconnect, reconnect, cut, start } = threeCities();
    osaka.track("carol", "lobby", "carol");
    advance(100);
    disconnect("tokyo", { told: false, publishThrows: false });
    advance(2 * DOWN_MS);
    reconnect("tokyo");
    cut("osaka", "tokyo");
    start("twin", "tokyo");
    advance(DOWN_MS - 1_000);
    expect(tokyo.tracker.replicas()[0]!.name).toMatch(/^tokyo~/);
    expect(tokyo.keys("lobby")).toEqual(["carol"]);
    advance(5_000);
    expect(tokyo.keys("lobby")).toEqual([]);
  });

  it("subscribes anew no faster than its own messages come back", () => {
    const { tokyo, paris, advance, deafen, crash } = tokyoAndParis({
      maxSilentPeriods: 0,
      network: { delayMs: [1_000, 1_000] },
    });
    paris.track("bob", "lobby", "bob");
    advance(3_000);
    deafen("tokyo");
    advance(10_000);
    crash("paris");
    advance(DOWN_MS + 6_000);
    expect(tokyo.keys("lobby")).toEqual([]);
  });
});

describe("a newcomer", () => {
  it("sees everybody within milliseconds", () => {
    const { tokyo, paris, advance, start } = tokyoAndParis();
    tokyo.track("alice", "lobby", "alice");
    paris.track("bob", "lobby", "bob");
    advance(20_000);
    const osaka = start("osaka");
    advance(100);
    expect(osaka.keys("lobby")).toEqual(["alice", "bob"]);
  });
});

describe("a quiet cluster", () => {
  for (const [what, happen] of [
    ["nothing happened", () => {}],
    ["a restart", ({ restart }) => restart("paris")],
    ["a half-open link came up", ({ cut }) => cut("paris", "tokyo")],
  ] as [string, (cities: ReturnType<typeof threeCities>) => void][]) {
    it(`sends one heartbeat a node and interval, and nothing else, after ${what}`, () => {
      const cities = threeCities();
      for (const { name } of [cities.tokyo, cities.paris, cities.osaka]) {
        cities.node(name).track("socket", "lobby", name);
      }
      cities.advance(10_000);
      happen(cities);
      cities.advance(2 * DOWN_MS);
      const before = cities.traffic();
      cities.advance(20 * INTERVAL_MS);
      const after = cities.traffic();
      expect(after.messages - before.messages).toBe(20 * 3);
      expect(after.byKind["heartbeat"]! - before.byKind["heartbeat"]!).toBe(20 * 3);
    });
  }
});

describe("a half-open link", () => {
  it("is no reason to ask for ever for what nobody can bring", () => {
    const { tokyo, paris, advance, cut, heal, traffic } = tokyoAndParis();
    advance(INTERVAL_MS);
    cut("tokyo", "paris");
    cut("paris", "tokyo");
    tokyo.track("alice", "lobby", "alice");
    advance(100);
    heal("tokyo", "paris");
    advance(3 * DOWN_MS);
    expect(paris.keys("lobby")).toEqual([]);
    const before = traffic();
    advance(20 * INTERVAL_MS);
    expect(traffic().messages - before.messages).toBe(20 * 2);

    heal();
    advance(2 * INTERVAL_MS);
    expect(paris.keys("lobby")).toEqual(["alice"]);
  });

  it("is no reason to know less than the others: a third node brings what was missed", () => {
    const { tokyo, paris, osaka, advance, cut, heal } = threeCities();
    advance(INTERVAL_MS);
    cut("tokyo", "paris");
    cut("paris", "tokyo");
    tokyo.track("alice", "lobby", "alice");
    advance(100);
    heal("tokyo", "paris");
    advance(2 * INTERVAL_MS);
    expect(osaka.keys("lobby")).toEqual(["alice"]);
    expect(paris.keys("lobby")).toEqual(["alice"]);
    expect(tokyo.keys("lobby")).toEqual(["alice"]);
  });
});

describe("an update", () => {
  it("is never an absence, whatever is lost", () => {
    const { tokyo, paris, advance, setConditions } = tokyoAndParis({ seed: 3 });
    tokyo.track("alice", "lobby", "alice", { at: 0 });
    advance(1_000);
    let absent = 0;
    paris.tracker.on("diff", () => {
      if (paris.count("lobby") === 0) absent++;
    });
    setConditions({ lossRate: 0.5, keepsOrder: false, delayMs: [0, 500] });
    for (let at = 1; at <= 50; at++) {
      tokyo.update("alice", "lobby", "alice", { at });
      advance(100);
    }
    setConditions({ lossRate: 0 });
    advance(3 * INTERVAL_MS);
    expect(absent).toBe(0);
    expect(paris.list("lobby").map(([, { at }]) => at)).toEqual([50]);
  });
});
