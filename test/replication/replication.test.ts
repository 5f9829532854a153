import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/crdt/intervals.ts";
import { DOWN, exchangeUntilQuiet, IDLE, PERIOD, PERMDOWN, ReplicaHarness } from "./replica-harness.ts";

/** Tokyo and paris, who know each other; alice is in tokyo. */
function tokyoAndParis(options: { leaveDelayMs?: number } = {}) {
  const tokyo = new ReplicaHarness("tokyo", options);
  const paris = new ReplicaHarness("paris", options);
  exchangeUntilQuiet(tokyo, paris);
  tokyo.join(1, "lobby", "alice");
  exchangeUntilQuiet(tokyo, paris);
  expect(paris.keys("lobby")).toEqual(["alice"]);
  return { tokyo, paris };
}

describe("the id of a replica", () => {
  it("is given up when others have seen events of it that it never made: a snapshot was restored", () => {
    const { tokyo, paris } = tokyoAndParis();
    const twin = new ReplicaHarness("tokyo");
    twin.now = tokyo.now;
    twin.join(1, "lobby", "alice");
    tokyo.join(2, "lobby", "bob");
    exchangeUntilQuiet(tokyo, paris);
    const before = twin.replication.self;
    for (const message of paris.forge({
      type: "heartbeat",
      seen: Intervals.empty(),
      digest: 0,
      leaveDelayMs: 0,
      others: [{ ...before, seen: paris.replication.presences.seenOf("tokyo") }],
    })) {
      twin.receive(message);
    }
    expect(twin.replication.self).toMatchObject({ name: "tokyo~tokyo-1", id: "tokyo-1" });
    expect(twin.warnings).toEqual(["DUPLICATE_REPLICA"]);
    expect(twin.keys("lobby")).toEqual(["alice"]);
    expect(twin.effects.filter(({ type }) => type === "renamed")).toHaveLength(1);
    exchangeUntilQuiet(twin, paris);
    expect(paris.keys("lobby")).toEqual(["alice", "alice", "bob"]);
  });

  it("is given up as well when a message under it comes back that was never sent", () => {
    const { tokyo } = tokyoAndParis();
    const twin = new ReplicaHarness("tokyo");
    for (let owner = 1; owner <= 5; owner++) twin.join(owner, "lobby", `twin ${owner}`);
    twin.advance(100);
    for (const message of twin.takeSent()) tokyo.receive(message);
    expect(tokyo.replication.self.id).toBe("tokyo-1");
  });
});

describe("a name", () => {
  it("is left to a start that began later, once, and everybody is told anew", () => {
    const { tokyo, paris } = tokyoAndParis();
    const later = new ReplicaHarness("tokyo", { id: "later", startedAt: 5 });
    later.now = tokyo.now;
    for (const message of later.takeSent()) {
      tokyo.receive(message);
      paris.receive(message);
    }
    expect(tokyo.replication.self.name).toBe("tokyo~tokyo-1");
    expect(tokyo.warnings).toEqual(["DUPLICATE_REPLICA"]);
    exchangeUntilQuiet(tokyo, paris);
    expect(paris.keys("lobby")).toEqual(["alice"]);
    expect([...paris.replication.members.all()].map(({ sender }) => sender.id).sort()).toEqual([
      "later",
      "tokyo-1",
    ]);
    exchangeUntilQuiet(tokyo, later);
    expect([tokyo.replication.self.id, later.replication.self.id]).toEqual(["tokyo-1", "later"]);
  });

  it("is not given up for an earlier start, which is not listened to either", () => {
    const { tokyo } = tokyoAndParis();
    const later = new ReplicaHarness("tokyo", { id: "later", startedAt: 5 });
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(100);
    for (const message of tokyo.takeSent()) later.receive(message);
    expect([later.replication.self.id, later.keys("lobby"), later.warnings]).toEqual(["later", [], []]);
  });

  it("is not taken from a start that is up by a late message of an earlier one", () => {
    const paris = new ReplicaHarness("paris");
    const [earlier, later] = [
      new ReplicaHarness("tokyo", { id: "earlier" }),
      new ReplicaHarness("tokyo", { id: "later", startedAt: 5 }),
    ];
    later.join(1, "lobby", "alice");
    exchangeUntilQuiet(later, paris);
    expect(paris.keys("lobby")).toEqual(["alice"]);
    for (const message of earlier.takeSent()) paris.receive(message);
    expect([paris.keys("lobby"), paris.replication.members.get("earlier")]).toEqual([["alice"], undefined]);
  });

  it("is not taken from a start that is up by a late message of one that was gone, whatever the clocks say", () => {
    const paris = new ReplicaHarness("paris");
    const [before, after] = [
      new ReplicaHarness("tokyo", { id: "before", startedAt: 9_999 }),
      new ReplicaHarness("tokyo", { id: "after" }),
    ];
    exchangeUntilQuiet(before, paris);
    before.join(1, "lobby", "ghost");
    before.advance(100);
    const late = before.takeSent();
    paris.advance(PERMDOWN + 2 * PERIOD);
    after.now = paris.now;
    after.join(1, "lobby", "alice");
    exchangeUntilQuiet(after, paris);
    for (const message of late) paris.receive(message);
    expect([paris.keys("lobby"), paris.replication.members.get("before")]).toEqual([["alice"], undefined]);
  });

  it("is taken over from one that is down, whatever the clocks say", () => {
    const paris = new ReplicaHarness("paris");
    const [future, now] = [
      new ReplicaHarness("tokyo", { id: "future", startedAt: 9_999 }),
      new ReplicaHarness("tokyo", { id: "now" }),
    ];
    exchangeUntilQuiet(future, paris);
    paris.advance(DOWN + 2 * PERIOD);
    for (const message of now.takeSent()) paris.receive(message);
    expect(paris.replication.members.getUp("now")).toBeDefined();
    expect(paris.replication.members.get("future")).toBeUndefined();
  });
});

describe("what is said", () => {
  it("never meets its former self: our own messages of before, when they are late", () => {
    const { tokyo } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(100);
    const late = tokyo.takeSent();
    for (const message of new ReplicaHarness("tokyo", { id: "later", startedAt: 5 }).takeSent())
      tokyo.receive(message);
    // By now nobody up has the name.
    tokyo.advance(DOWN + 2 * PERIOD);
    for (const message of late) tokyo.receive(message);
    expect(tokyo.replication.members.get("tokyo")).toBeUndefined();
    expect(tokyo.keys("lobby")).toEqual(["alice", "bob"]);
  });

  it("is what changed, before it is goodbye", () => {
    const { tokyo, paris } = tokyoAndParis({ leaveDelayMs: 60_000 });
    tokyo.join(2, "lobby", "bob");
    tokyo.takeSent();
    tokyo.step({ type: "close", lingerMs: 60_000 });
    for (const message of tokyo.takeSent()) paris.receive(message);
    expect(paris.keys("lobby")).toEqual(["alice", "bob"]);
  });

  it("advertises only what is published: a change that is due later goes out before the heartbeat", () => {
    const { tokyo } = tokyoAndParis();
    tokyo.now += IDLE;
    tokyo.step({ type: "tick" });
    tokyo.now += IDLE - 1;
    tokyo.takeSent();
    tokyo.join(2, "lobby", "bob");
    tokyo.now += 1;
    tokyo.step({ type: "tick" });
    expect(tokyo.takeSent().map(({ type }) => type)).toEqual(["delta", "heartbeat"]);
  });

  it("greets one that was down and is heard again: it may have missed as much as we did", () => {
    const { tokyo, paris } = tokyoAndParis();
    // It has just spoken, and need not for a whole interval.
    paris.advance(DOWN + 2 * PERIOD);
    while (!paris.takeSent().some(({ type }) => type === "heartbeat")) paris.advance(10);
    const [beat] = tokyo.forge({
      type: "heartbeat",
      seen: tokyo.replication.presences.seenOf("tokyo"),
      digest: tokyo.replication.presences.digestOf("tokyo"),
      leaveDelayMs: 0,
      others: [],
    });
    paris.receive(beat!);
    paris.advance(100);
    expect(paris.takeSent().map(({ type }) => type)).toEqual(["heartbeat"]);
    expect(paris.keys("lobby")).toEqual(["alice"]);
  });

  it("advertises nobody who is down: who asked would get nothing", () => {
    const { tokyo, paris } = tokyoAndParis();
    const rome = new ReplicaHarness("rome");
    rome.now = paris.now;
    exchangeUntilQuiet(rome, paris);
    paris.advance(DOWN + 2 * PERIOD);
    expect(paris.replication.members.get("rome")?.status).toBe("down");
    paris.takeSent();
    for (const message of tokyo.forge({ type: "leaving", lingerMs: 0 })) paris.receive(message);
    paris.advance(IDLE + 100);
    expect(
      paris.takeSent().flatMap((message) => (message.type === "heartbeat" ? message.others : [])),
    ).toEqual([]);
  });

  it("makes room for nobody who only updates", () => {
    const { tokyo, paris } = tokyoAndParis({ leaveDelayMs: 60_000 });
    paris.join(1, "lobby", "alice");
    exchangeUntilQuiet(tokyo, paris);
    paris.end(1);
    tokyo.update(1, "lobby", "alice", { typing: true });
    exchangeUntilQuiet(tokyo, paris);
    expect([tokyo.keys("lobby"), paris.keys("lobby")]).toEqual([
      ["alice", "alice"],
      ["alice", "alice"],
    ]);
  });
});

describe("what should never be", () => {
  it("having seen the same and holding something else: it is told once, and put right by the owner", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    exchangeUntilQuiet(tokyo, paris);
    // As a bug would: paris takes alice's event for ended.
    paris.receive({
      type: "delta",
      sender: tokyo.replication.self,
      counter: 0,
      seen: Intervals.range(1, 2),
      fragment: { replica: "tokyo", seen: Intervals.of([1]), live: [], leaves: [] },
    });
    expect(paris.keys("lobby")).toEqual(["bob"]);
    const warned: string[] = [];
    for (let interval = 0; interval < 3; interval++) {
      for (const each of [tokyo, paris]) each.now += IDLE;
      for (const each of [tokyo, paris]) each.step({ type: "tick" });
      warned.push(...paris.warnings);
      exchangeUntilQuiet(tokyo, paris);
    }
    expect(paris.keys("lobby")).toEqual(["alice", "bob"]);
    expect(warned.concat(paris.warnings).filter((code) => code === "DIVERGED").length).toBeLessThanOrEqual(1);
    expect(paris.replication.presences.digestOf("tokyo")).toBe(tokyo.replication.presences.digestOf("tokyo"));
  });
});

describe("a message", () => {
  it("that is a duplicate, or late, is no sign of life, though what it says is taken in", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(100);
    const [late] = tokyo.takeSent();
    tokyo.advance(PERIOD);
    tokyo.join(3, "lobby", "carol");
    tokyo.advance(100);
    for (const message of tokyo.takeSent()) paris.receive(message);
    paris.advance(DOWN - PERIOD);
    paris.receive(late!);
    expect(paris.keys("lobby")).toContain("bob");
    paris.advance(2 * PERIOD + PERIOD);
    expect(paris.replication.members.get("tokyo")?.status).toBe("down");
    paris.receive(late!);
    expect(paris.replication.members.get("tokyo")?.status).toBe("down");
  });

  it("of a start that left is refused, whatever it is, for as long as permdownPeriodMs", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(100);
    const late = tokyo.takeSent();
    tokyo.step({ type: "close", lingerMs: 0 });
    for (const message of tokyo.takeSent()) paris.receive(message);
    expect(paris.keys("lobby")).toEqual([]);
    for (const message of late) paris.receive(message);
    expect([paris.keys("lobby"), paris.replication.members.get("tokyo")]).toEqual([[], undefined]);
    expect(paris.replication.tombstones.size).toBe(1);
    paris.advance(PERMDOWN + 2 * PERIOD);
    expect(paris.replication.tombstones.size).toBe(0);
  });

  it("that says goodbye counts, also when later ones were heard before it", () => {
    const { tokyo, paris } = tokyoAndParis();
    const [goodbye] = tokyo.forge({ type: "leaving", lingerMs: 0 });
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(100);
    for (const message of tokyo.takeSent()) paris.receive(message);
    paris.receive(goodbye!);
    expect(paris.replication.members.get("tokyo")).toBeUndefined();
  });
});

describe("a pull", () => {
  it("is answered once, and with what is here now, all of it published before", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    const [pull] = paris.forge({
      type: "pull",
      to: "tokyo",
      request: 900,
      wants: [{ replica: "tokyo", seen: Intervals.empty() }],
    });
    const said = [...tokyo.receive(pull!), ...tokyo.receive(pull!)].flatMap((effect) =>
      effect.type === "publish" ? [effect.outgoing.type] : [],
    );
    expect(said).toEqual(["delta", "push"]);
  });

  it("is not answered for a replica that lingers, or is down", () => {
    const { tokyo, paris } = tokyoAndParis({ leaveDelayMs: 60_000 });
    const rome = new ReplicaHarness("rome", { leaveDelayMs: 60_000 });
    rome.now = paris.now;
    rome.join(1, "lobby", "rosa");
    exchangeUntilQuiet(rome, paris);
    for (const message of rome.forge({ type: "leaving", lingerMs: 60_000 })) paris.receive(message);
    expect(paris.keys("lobby")).toEqual(["alice", "rosa"]);
    paris.takeSent();
    const wants = ["rome", "tokyo"].map((replica) => ({ replica, seen: Intervals.empty() }));
    const [pull] = tokyo.forge({ type: "pull", to: "paris", request: 900, wants });
    paris.receive(pull!);
    const [push] = paris.takeSent().filter(({ type }) => type === "push");
    expect(push).toMatchObject({ fragments: [{ replica: "tokyo" }] });
    paris.advance(IDLE + 100);
    const beats = paris.takeSent().filter((message) => message.type === "heartbeat");
    expect(beats.at(-1)?.others.map(({ id }) => id)).toEqual(["tokyo"]);
  });

  it("whose answer comes when nobody waits for it any more is merged by nobody", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    const wants = [{ replica: "tokyo", seen: Intervals.empty() }];
    const [pull] = paris.forge({ type: "pull", to: "tokyo", request: 900, wants });
    tokyo.receive(pull!);
    const pushes = tokyo.takeSent().filter(({ type }) => type === "push");
    expect(pushes).toMatchObject([
      { request: 900, fragments: [{ live: [{ key: "alice" }, { key: "bob" }] }] },
    ]);
    for (const message of pushes) paris.receive(message);
    expect(paris.keys("lobby")).toEqual(["alice"]);
  });
});

describe("while the connection is lost", () => {
  it("changes are held and sent at once when it is back, but not without end", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.step({ type: "disconnected" });
    for (let owner = 10; owner < 110; owner++) tokyo.join(owner, "lobby", `user ${owner}`);
    tokyo.advance(100);
    expect(tokyo.takeSent()).toEqual([]);
    tokyo.step({ type: "connected" });
    tokyo.step({ type: "tick" });
    const said = tokyo.takeSent();
    expect(said.map(({ type }) => type)).toEqual(["delta", "heartbeat"]);
    for (const message of said) paris.receive(message);
    expect(paris.keys("lobby")).toHaveLength(101);

    tokyo.step({ type: "disconnected" });
    for (let round = 0; round < 3_000; round++) {
      tokyo.join(7, "lobby", "grace");
      tokyo.leave(7);
      if (round % 100 === 0) tokyo.advance(30);
    }
    tokyo.advance(30);
    tokyo.step({ type: "connected" });
    tokyo.step({ type: "tick" });
    const held = tokyo.takeSent();
    const heldEvents = held.flatMap((message) =>
      message.type === "delta" ? [message.fragment.seen.size] : [],
    );
    expect(heldEvents).toEqual([expect.any(Number)]);
    expect(heldEvents[0]).toBeLessThan(4_300);
    for (const message of held) paris.receive(message);
    exchangeUntilQuiet(tokyo, paris);
    for (const each of [tokyo, paris]) each.now += IDLE;
    for (const each of [tokyo, paris]) each.step({ type: "tick" });
    exchangeUntilQuiet(tokyo, paris);
    expect(
      paris.replication.presences.seenOf("tokyo").equals(tokyo.replication.presences.seenOf("tokyo")),
    ).toBe(true);
  });
});

describe("being synced", () => {
  it("waits for our own voice, a period, and what those who are up then had; one that goes down drops out", () => {
    const { paris } = tokyoAndParis();
    const lima = new ReplicaHarness("lima");
    lima.now = paris.now;
    const isSynced = () => lima.effects.some(({ type }) => type === "synced");
    lima.advance(3 * PERIOD, { isDeaf: true });
    expect(isSynced()).toBe(false);
    const [beat] = paris.forge({
      type: "heartbeat",
      seen: Intervals.range(1, 5),
      digest: 1,
      leaveDelayMs: 0,
      others: [],
    });
    lima.receive(beat!);
    lima.advance(5 * PERIOD);
    expect(isSynced()).toBe(false);
    lima.advance(DOWN);
    expect(isSynced()).toBe(true);
    expect(lima.effects.filter(({ type }) => type === "synced")).toHaveLength(1);
  });
});
