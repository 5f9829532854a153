import { describe, expect, it } from "vitest";
import { encode } from "../../../src/wire/encode.ts";
import {
  DOWN,
  exchangeUntilQuiet,
  PERIOD,
  ReplicaHarness,
  skipHeartbeatInterval,
} from "../replica-harness.ts";

type Options = ConstructorParameters<typeof ReplicaHarness>[1];

/** Replicas of counts that know each other. */
function replicas(names: readonly string[], options: Options = {}): ReplicaHarness[] {
  const harnesses = names.map((name) => new ReplicaHarness(name, { mode: "counts", ...options }));
  exchangeUntilQuiet(...harnesses);
  return harnesses;
}

function tokyoAndParis(options: Options = {}): { tokyo: ReplicaHarness; paris: ReplicaHarness } {
  const [tokyo, paris] = replicas(["tokyo", "paris"], options);
  return { tokyo: tokyo!, paris: paris! };
}

/** Moves the time of all by these ms, in steps of 100 ms, and delivers what they send. */
function pass(ms: number, ...harnesses: readonly ReplicaHarness[]): void {
  for (let passed = 0; passed < ms; passed += 100) {
    for (const harness of harnesses) harness.advance(100);
    const sent = harnesses.map((sender) => ({ sender, messages: sender.takeSent() }));
    for (const { sender, messages } of sent)
      for (const harness of harnesses) if (harness !== sender) harness.receive(...messages);
  }
}

describe("a number", () => {
  it("changes here at once, and at other replicas after a flush", () => {
    const { tokyo, paris } = tokyoAndParis();
    paris.join(1, "article", "readers");
    tokyo.join(1, "article", "readers");
    tokyo.join(2, "article", "readers");
    expect([tokyo.count("article", "readers"), paris.count("article", "readers")]).toEqual([2, 1]);
    exchangeUntilQuiet(tokyo, paris);
    expect([tokyo, paris].map((replica) => replica.count("article", "readers"))).toEqual([3, 3]);
    tokyo.leave(1);
    exchangeUntilQuiet(tokyo, paris);
    expect([tokyo, paris].map((replica) => replica.count("article"))).toEqual([2, 2]);
  });

  it("travels as one join, however many presences came within a flush", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.takeSent();
    for (let owner = 0; owner < 1_000; owner++) tokyo.join(owner, "article:7", "readers");
    tokyo.advance(100);
    const published = tokyo.effects.filter((effect) => effect.type === "publish");
    const bytes = published.flatMap(({ outgoing, sender }) => encode(outgoing, { sender, counter: 100_000 }));
    expect(bytes.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(150);
    const [delta, ...others] = tokyo.takeSent();
    expect(others).toEqual([]);
    expect(delta).toMatchObject({
      type: "delta",
      fragment: { live: [{ content: { n: 1_000 } }], leaves: [] },
    });
    paris.receive(delta!);
    expect(paris.count("article:7", "readers")).toBe(1_000);
  });

  it("that is back at what peers have is not sent", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(1, "article", "readers");
    exchangeUntilQuiet(tokyo, paris);
    tokyo.join(2, "article", "readers");
    tokyo.leave(2);
    tokyo.join(1, "page", "readers");
    tokyo.leave(1);
    tokyo.join(3, "article", "readers");
    tokyo.advance(100);
    expect(tokyo.takeSent()).toEqual([]);
    tokyo.join(2, "article", "readers");
    tokyo.advance(100);
    tokyo.takeSent();
    tokyo.join(4, "article", "readers");
    tokyo.leave(4);
    tokyo.advance(100);
    expect(tokyo.takeSent()).toEqual([]);
  });

  it("of 0 is no entry: the last presence that leaves is a leave", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(1, "article", "readers");
    exchangeUntilQuiet(tokyo, paris);
    tokyo.leave(1);
    tokyo.advance(100);
    expect(tokyo.takeSent()).toMatchObject([{ fragment: { live: [], leaves: [{ leave: 2, ended: 1 }] } }]);
    for (const replica of [tokyo, paris]) expect(replica.count("article")).toBe(tokyo === replica ? 0 : 1);
  });

  it("is part of no heartbeat before it was published", () => {
    const { tokyo, paris } = tokyoAndParis();
    skipHeartbeatInterval(tokyo, paris);
    tokyo.now += 3 * PERIOD - 1;
    tokyo.takeSent();
    tokyo.join(1, "article", "readers");
    tokyo.now += 1;
    tokyo.step({ type: "tick" });
    expect(tokyo.takeSent().map(({ type }) => type)).toEqual(["delta", "heartbeat"]);
  });

  it("is in the answer to a pull, after it was published", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(1, "article", "readers");
    tokyo.takeSent();
    const seen = paris.replication.presences.seenOf("tokyo");
    tokyo.receive(
      ...paris.forge({ type: "pull", to: "tokyo", request: 900, wants: [{ replica: "tokyo", seen }] }),
    );
    expect(tokyo.takeSent()).toMatchObject([
      { type: "delta" },
      { type: "push", fragments: [{ live: [{ content: { n: 1 } }] }] },
    ]);
  });

  it("changes once while the connection is lost, whatever happened meanwhile", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.step({ type: "disconnected" });
    for (let owner = 0; owner < 20; owner++) {
      tokyo.join(owner, "article", "readers");
      tokyo.advance(100);
    }
    tokyo.takeSent();
    tokyo.step({ type: "connected" });
    tokyo.advance(10);
    const [delta] = tokyo.takeSent();
    expect(delta).toMatchObject({ type: "delta", fragment: { live: [{ dot: 1, content: { n: 20 } }] } });
    paris.receive(delta!);
    expect(paris.count("article")).toBe(20);
  });

  it("that is no number of ours counts nothing", () => {
    const { tokyo, paris } = tokyoAndParis();
    const metas = [{}, { n: "7" }, { n: -3 }, { n: 0.5 }, { n: 0 }, { n: 2 ** 40 }];
    for (const [at, content] of metas.entries()) {
      const live = { dot: at + 1, owner: at, topic: "article", key: "readers", content, replaced: 0 };
      const operations = [{ live, leaves: [] }];
      paris.receive(
        ...tokyo.forge({ type: "delta", seen: tokyo.replication.presences.seenOf("tokyo"), operations }),
      );
    }
    expect(paris.replication.presences.countOfReplica("tokyo")).toBe(0);
    expect([paris.count("article"), paris.countChanges]).toEqual([0, []]);
  });
});

describe("readers", () => {
  it("hear net changes with their cause, and nothing of what nets to nothing", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(1, "article", "readers");
    tokyo.update(1, "article", "readers", { typing: true });
    tokyo.join(2, "article", "editors");
    exchangeUntilQuiet(tokyo, paris);
    tokyo.join(3, "article", "readers");
    tokyo.leave(2);
    const before = [...paris.countChanges];
    tokyo.takeSent();
    tokyo.leave(3);
    exchangeUntilQuiet(tokyo, paris);
    expect(before).toEqual(["+1 readers @article (remote)", "+1 editors @article (remote)"]);
    expect(paris.countChanges).toEqual([...before, "-1 editors @article (remote)"]);
  });

  it("lose the numbers of a replica that is down, and get them back", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(1, "article", "readers");
    tokyo.join(2, "article", "readers");
    paris.join(1, "article", "readers");
    exchangeUntilQuiet(tokyo, paris);
    paris.advance(DOWN + 2 * PERIOD);
    expect([paris.count("article"), paris.replication.presences.countOfReplica("tokyo")]).toEqual([1, 2]);
    expect(paris.countChanges.at(-1)).toBe("-2 readers @article (replica)");
    tokyo.now = paris.now;
    tokyo.leave(1);
    tokyo.step({ type: "tick" });
    exchangeUntilQuiet(tokyo, paris);
    expect(paris.count("article")).toBe(2);
  });

  it("keep the numbers of a replica that has left for its leave delay", () => {
    const { tokyo, paris } = tokyoAndParis({ leaveDelayMs: 5_000 });
    for (const owner of [1, 2, 3]) tokyo.join(owner, "article", "readers");
    exchangeUntilQuiet(tokyo, paris);
    tokyo.step({ type: "close", lingerMs: 5_000 });
    paris.receive(...tokyo.takeSent());
    paris.advance(1_000);
    paris.join(1, "article", "readers");
    expect(paris.count("article")).toBe(3);
    paris.advance(4_000);
    expect(paris.count("article")).toBe(1);
    expect(paris.replication.presences.topics()).toEqual(["article"]);
  });

  it("lose the whole number of a replica that has left, even if a message in which it fell was lost", () => {
    const { tokyo, paris } = tokyoAndParis({ leaveDelayMs: 5_000 });
    tokyo.join(1, "article", "editors");
    tokyo.join(2, "article", "readers");
    exchangeUntilQuiet(tokyo, paris);
    for (const owner of [2, 1]) {
      tokyo.leave(owner);
      tokyo.advance(100);
    }
    expect(tokyo.takeSent()).not.toEqual([]);
    tokyo.join(3, "article", "readers");
    tokyo.advance(100);
    paris.receive(...tokyo.takeSent());
    // The reader that has left is counted still.
    expect(paris.count("article", "readers")).toBe(2);
    tokyo.step({ type: "close", lingerMs: 5_000 });
    paris.receive(...tokyo.takeSent());
    expect(paris.replication.presences.countOfReplica("tokyo")).toBe(paris.count("article"));
    paris.advance(5_100);
    expect([paris.count("article"), paris.count("article", "readers")]).toEqual([0, 0]);
  });

  it("of a third replica: each newcomer takes one off the number of a replica that has left, and never all of it", () => {
    const [tokyo, paris, osaka, lima] = replicas(["tokyo", "paris", "osaka", "lima"], {
      leaveDelayMs: 5_000,
    });
    const remaining = [paris!, osaka!, lima!];
    for (const owner of [1, 2, 3]) tokyo!.join(owner, "article", "readers");
    pass(400, tokyo!, ...remaining);
    // The reader of osaka joins before the message of tokyo arrives, and the one of lima after it.
    osaka!.join(1, "article", "readers");
    osaka!.advance(80);
    paris!.advance(80);
    paris!.receive(...osaka!.takeSent());
    tokyo!.step({ type: "close", lingerMs: 5_000 });
    const leaving = tokyo!.takeSent();
    for (const replica of remaining) replica.receive(...leaving);
    pass(400, ...remaining);
    lima!.join(1, "article", "readers");
    pass(400, ...remaining);
    expect(remaining.map((replica) => replica.count("article"))).toEqual([3, 3, 3]);
    pass(5_000, ...remaining);
    expect(remaining.map((replica) => replica.count("article"))).toEqual([2, 2, 2]);
  });

  it("see no change when a replica takes another id", () => {
    const { tokyo, paris } = tokyoAndParis();
    for (const owner of [1, 2]) tokyo.join(owner, "article", "readers");
    exchangeUntilQuiet(tokyo, paris);
    const later = new ReplicaHarness("tokyo", { id: "tokyo-2", startedAt: 1, mode: "counts" });
    later.now = tokyo.now;
    tokyo.takeSent();
    const before = tokyo.countChanges.length;
    tokyo.receive(...later.takeSent());
    expect(tokyo.replication.self.name).toMatch(/^tokyo~/);
    expect([tokyo.count("article"), tokyo.countChanges.length]).toEqual([2, before]);
    tokyo.join(3, "article", "readers");
    exchangeUntilQuiet(tokyo, paris);
    expect([tokyo.count("article"), paris.count("article")]).toEqual([3, 3]);
  });
});

describe("a presence that waits for leaveDelayMs", () => {
  it("is counted until the delay is over", () => {
    const { tokyo, paris } = tokyoAndParis({ leaveDelayMs: 2_000 });
    tokyo.join(1, "article", "readers");
    exchangeUntilQuiet(tokyo, paris);
    tokyo.end(1);
    tokyo.advance(1_900);
    expect(tokyo.count("article")).toBe(1);
    tokyo.advance(200);
    expect(tokyo.count("article")).toBe(0);
    paris.now = tokyo.now;
    exchangeUntilQuiet(tokyo, paris);
    expect(paris.count("article")).toBe(0);
  });

  it("is superseded by the next one of its topic and key, so no number changes anywhere", () => {
    const { tokyo, paris } = tokyoAndParis({ leaveDelayMs: 2_000 });
    tokyo.join(1, "article", "readers");
    tokyo.join(2, "article", "readers");
    exchangeUntilQuiet(tokyo, paris);
    tokyo.end(1);
    tokyo.takeSent();
    const before = tokyo.countChanges.length;
    tokyo.join(3, "article", "readers");
    tokyo.advance(100);
    expect([tokyo.count("article"), tokyo.countChanges.length, tokyo.takeSent()]).toEqual([2, before, []]);
  });

  it("stays when its owner tracks it again", () => {
    const { tokyo } = tokyoAndParis({ leaveDelayMs: 2_000 });
    tokyo.join(1, "article", "readers");
    tokyo.end(1);
    tokyo.replication.revive(1, "article", "readers", undefined, tokyo.now);
    tokyo.advance(5_000);
    expect(tokyo.count("article")).toBe(1);
  });
});

it("a message has a number, and nothing of the presences that it counts", () => {
  const { tokyo, paris } = tokyoAndParis();
  tokyo.takeSent();
  tokyo.replication.join(777_777, "article", "readers", { name: "alice" }, tokyo.now);
  tokyo.join(1, "article", "readers");
  tokyo.update(777_777, "article", "readers", { name: "alice", typing: true });
  tokyo.advance(2 * PERIOD);
  const sent = tokyo.takeSent();
  paris.receive(...sent);
  expect(paris.count("article")).toBe(2);
  for (const message of sent) expect(JSON.stringify(message)).not.toMatch(/777777|alice|typing/);
});
