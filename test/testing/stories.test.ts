import { describe, expect, it } from "vitest";
import { type SimulateOptions, simulate } from "../../src/testing/index.ts";

/** The default periods of the tracker. */
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
  it("hides the users of the other side and shows them again when it heals", () => {
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

  it("keeps the same refs when it heals, and drops users who left in the meantime", () => {
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

  it("of more than permdownPeriodMs ends with nodes that meet again and know all presences", () => {
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

  it("of one direction hides users in that direction only, whatever a third node knows", () => {
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

  it("of one direction loses nothing while a third node connects both sides and both are up", () => {
    const { tokyo, paris, osaka, advance, setLink } = threeCities();
    // Most messages from paris are lost, so that tokyo has to learn of its presences from osaka.
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

describe("a process that crashes", () => {
  it("is gone on all nodes after downPeriodMs, and not before", () => {
    const { tokyo, paris, advance, crash } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(1_000);
    crash("paris");
    advance(DOWN_MS - INTERVAL_MS - 1);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
    advance(INTERVAL_MS + 1_500);
    expect(tokyo.keys("lobby")).toEqual([]);
  });

  it("and restarts under its name replaces its former presences at once", () => {
    const { tokyo, paris, advance, restart } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(1_000);
    restart("paris");
    advance(100);
    expect(tokyo.keys("lobby")).toEqual([]);
    expect(tokyo.tracker.replicas().map(({ name }) => name)).toEqual(["tokyo", "paris"]);
  });

  it("and restarts under its name keeps its former users for leaveDelayMs", () => {
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

  it("and restarts under its name keeps no pending leave for users who reconnected elsewhere", () => {
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

  it("does not come back because of a message that arrives minutes late", () => {
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

  it("and restarts with an earlier wall clock is accepted after a while", () => {
    const { tokyo, paris, advance, jumpWall, restart } = tokyoAndParis();
    jumpWall("paris", -3_600_000);
    restart("paris");
    paris.track("bob", "lobby", "bob");
    advance(1_000);
    expect(tokyo.keys("lobby")).toEqual([]);
    // Long before its former incarnation would be down.
    advance(4 * INTERVAL_MS);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
  });
});

describe("two processes with the same name", () => {
  it("keep working after one warning, and only one of them takes another name", () => {
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
  it("is visible on all nodes at once", () => {
    const { tokyo, paris, advance } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(100);
    paris.close();
    advance(10);
    expect(tokyo.keys("lobby")).toEqual([]);
    expect(tokyo.tracker.replicas()).toHaveLength(1);
  });

  it("keeps users on the other nodes for leaveDelayMs, until they reconnect to one of them", () => {
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

  it("keeps no pending leave for users who reconnect before the leaving message arrives, and counts a second device separately", () => {
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

  it("keeps no pending leave for a user who reconnects and updates in one message", () => {
    const { tokyo, paris, osaka, advance } = threeCities({ leaveDelayMs: 5_000 });
    paris.track("bob", "lobby", "bob");
    advance(100);
    paris.close();
    advance(100);
    osaka.track("bob", "lobby", "bob");
    // One message carries both. Osaka sent a heartbeat so recently that none goes out with it.
    osaka.update("bob", "lobby", "bob", { typing: true });
    advance(100);
    for (const node of [tokyo, osaka]) expect(node.count("lobby", "bob")).toBe(1);
  });

  it("keeps a pending leave for a second device when a second node closes and only the first device has reconnected", () => {
    const names = ["tokyo", "paris", "osaka", "lima"] as const;
    const { tokyo, paris, osaka, lima, advance } = simulate(names, { leaveDelayMs: 5_000 });
    for (const key of ["bob", "carol"]) {
      paris.track(`${key}'s phone`, "lobby", key);
      lima.track(`${key}'s laptop`, "lobby", key);
    }
    advance(1_000);
    paris.close();
    // Bob reconnects before both leaving messages arrive, carol before the second one.
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

  it("keeps a pending leave beside a device on a node that the closing node has not heard for long", () => {
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

  it("with leave: true keeps no pending leaves", () => {
    const { tokyo, paris, advance } = tokyoAndParis({ leaveDelayMs: 5_000 });
    paris.track("bob", "lobby", "bob");
    advance(100);
    paris.close({ leave: true });
    advance(10);
    expect(tokyo.keys("lobby")).toEqual([]);
  });

  it("is noticed even if the first leaving message is lost", () => {
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
  it("are not shown on a node that starts afterwards", () => {
    const { paris, advance, start } = tokyoAndParis({ leaveDelayMs: 60_000 });
    paris.track("bob", "lobby", "bob");
    advance(100);
    paris.close();
    advance(100);
    const osaka = start("osaka");
    advance(10_000);
    expect(osaka.keys("lobby")).toEqual([]);
  });

  it("leave completely, even if older dots of them were hidden behind a gap", () => {
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
    advance(200);
    expect(paris.list("lobby").map(([, { at }]) => at)).toEqual([4]);
    advance(10_000);
    expect(paris.count("lobby")).toBe(1);
  });
});

describe("a node in trouble of its own", () => {
  it("declares no node down for the time in which it was paused", () => {
    const { tokyo, paris, advance, pause, resume } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(100);
    const downs: string[] = [];
    tokyo.tracker.on("replica-down", ({ name }) => downs.push(name));
    // At random, either its timers or its messages run first.
    for (let time = 0; time < 5; time++) {
      pause("tokyo");
      advance(2 * DOWN_MS);
      resume("tokyo");
      advance(10_000);
    }
    expect(downs).toEqual([]);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
  });

  it("declares no node down while its driver reports a lost connection", () => {
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

  it("declares no node down while its connection is lost without a report", () => {
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

  it("forgets a node no later because it was paused and disconnected at the same time", () => {
    const { tokyo, advance, crash, disconnect, pause, reconnect, resume } = tokyoAndParis();
    crash("paris");
    advance(2 * DOWN_MS);
    disconnect("tokyo");
    advance(10_000);
    pause("tokyo");
    advance(90_000);
    reconnect("tokyo");
    resume("tokyo");
    advance(PERMDOWN_MS - 2 * DOWN_MS - 5_000);
    expect(tokyo.tracker.replicas()).toMatchObject([{ status: "up" }, { name: "paris", status: "down" }]);
    advance(10_000);
    expect(tokyo.tracker.replicas()).toMatchObject([{ status: "up" }]);
  });

  it("may take a node for down while its last own messages are still under way", () => {
    const { tokyo, advance, setLink, cut } = tokyoAndParis();
    const downs: number[] = [];
    cut("paris", "tokyo");
    advance(16_000);
    setLink("tokyo", "tokyo", { delayMs: [5_500, 5_500] });
    advance(1_500);
    cut("tokyo", "tokyo");
    tokyo.tracker.on("replica-down", () => downs.push(1));
    advance(DOWN_MS);
    expect(downs).toEqual([1]);
  });

  it("notices that its own messages do not come back, and subscribes again", () => {
    const { tokyo, paris, advance, deafen } = tokyoAndParis();
    deafen("tokyo");
    paris.track("bob", "lobby", "bob");
    advance(5 * INTERVAL_MS);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
  });
});

describe("a node that notices what it missed", () => {
  it("ignores silence during a time in which it could not receive, even if it has to take another name", () => {
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

  it("still knows that it cannot hear when it has to take another name", () => {
    const { tokyo, paris, advance, cut, start } = tokyoAndParis();
    paris.track("bob", "lobby", "bob");
    advance(100);
    cut("tokyo", "tokyo");
    advance(4 * INTERVAL_MS);
    cut("paris", "tokyo");
    advance(2 * DOWN_MS);
    start("twin", "tokyo");
    advance(INTERVAL_MS);
    expect(tokyo.tracker.replicas()[0]!.name).toMatch(/^tokyo~/);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
  });

  it("needs time to notice that it cannot hear, and again under each name that it takes meanwhile", () => {
    const { tokyo, advance, cut, start, traffic } = tokyoAndParis();
    const downs: string[] = [];
    tokyo.tracker.on("replica-down", ({ name }) => downs.push(name));
    cut("paris", "tokyo");
    advance(15_500);
    const { heartbeat } = traffic().byKind;
    while (traffic().byKind["heartbeat"] === heartbeat) advance(10);
    cut("tokyo", "tokyo");
    advance(8_900);
    for (const twin of ["twin 1", "twin 2", "twin 3"]) {
      advance(1_400);
      const { name } = tokyo.tracker.replicas()[0]!;
      start(twin, name);
      advance(10);
      expect(tokyo.tracker.replicas()[0]!.name).not.toBe(name);
    }
    expect(downs).toEqual([]);
    advance(1_000);
    expect(downs).toEqual(["paris"]);
  });

  it("subscribes again no faster than its own messages come back", () => {
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

describe("a new node", () => {
  it("lists all presences within milliseconds", () => {
    const { tokyo, paris, advance, start } = tokyoAndParis();
    tokyo.track("alice", "lobby", "alice");
    paris.track("bob", "lobby", "bob");
    advance(20_000);
    const osaka = start("osaka");
    advance(100);
    expect(osaka.keys("lobby")).toEqual(["alice", "bob"]);
  });
});

describe("an idle cluster", () => {
  for (const [what, cause] of [
    ["its start", () => {}],
    ["a restart", ({ restart }) => restart("paris")],
    ["a link became half-open", ({ cut }) => cut("paris", "tokyo")],
  ] as [string, (cities: ReturnType<typeof threeCities>) => void][]) {
    it(`sends only one heartbeat per node and interval after ${what}`, () => {
      const cities = threeCities();
      for (const { name } of [cities.tokyo, cities.paris, cities.osaka]) {
        cities.node(name).track("socket", "lobby", name);
      }
      cities.advance(10_000);
      cause(cities);
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
  it("never makes a node pull forever from a peer that cannot hear it", () => {
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

  it("leaves no node behind, because a third node sends what it missed", () => {
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
  it("never makes a presence absent, whatever messages are lost", () => {
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
