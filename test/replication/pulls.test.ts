import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/crdt/intervals.ts";
import type { ReplicaMessage } from "../../src/wire/replica-message.ts";
import { exchangeUntilQuiet, PERIOD, ReplicaHarness } from "./replica-harness.ts";

/** Three who know each other. */
function threeCities() {
  const [tokyo, paris, lima] = [
    new ReplicaHarness("tokyo"),
    new ReplicaHarness("paris"),
    new ReplicaHarness("lima"),
  ];
  exchangeUntilQuiet(tokyo, paris, lima);
  tokyo.join(1, "lobby", "alice");
  exchangeUntilQuiet(tokyo, paris, lima);
  return { tokyo, paris, lima };
}

/** Bob joins tokyo; whoever is named hears of it. */
function bobJoins(tokyo: ReplicaHarness, ...hear: readonly ReplicaHarness[]): void {
  tokyo.join(2, "lobby", "bob");
  tokyo.advance(30);
  for (const message of tokyo.takeSent()) for (const each of hear) each.receive(message);
  for (const each of hear) expect(each.keys("lobby")).toContain("bob");
}

/** A heartbeat of this replica, now. */
function beat(of: ReplicaHarness, ...others: readonly ReplicaHarness[]): ReplicaMessage[] {
  const { presences, self } = of.replication;
  return of.forge({
    type: "heartbeat",
    seen: presences.seenOf(self.id),
    digest: presences.digestOf(self.id),
    leaveDelayMs: 0,
    others: others.map(({ replication }) => ({
      ...replication.self,
      seen: presences.seenOf(replication.self.id),
    })),
  });
}

const pullsOf = (of: ReplicaHarness) =>
  of.takeSent().flatMap((message) => {
    return message.type === "pull"
      ? [{ to: message.to, wants: message.wants.map(({ replica }) => replica) }]
      : [];
  });

describe("what somebody has and we have not", () => {
  it("is asked of its owner, whoever says that it is there", () => {
    const { tokyo, paris, lima } = threeCities();
    bobJoins(tokyo, paris);
    for (const message of beat(paris, tokyo, lima)) lima.receive(message);
    lima.advance(100);
    expect(pullsOf(lima)).toEqual([{ to: "tokyo", wants: ["tokyo"] }]);
  });

  it("asks who advertised it when the owner brings nothing for a period, and only for the rest", () => {
    const { tokyo, paris, lima } = threeCities();
    bobJoins(tokyo, paris);
    for (const message of beat(paris, tokyo, lima)) lima.receive(message);
    lima.advance(100);
    lima.takeSent();
    lima.advance(PERIOD + 100);
    const [second] = lima.takeSent().filter((message) => message.type === "pull");
    expect(second).toMatchObject({ to: "paris", wants: [{ replica: "tokyo" }] });
    expect([...second!.wants[0]!.seen]).toEqual([[1, 1]]);
    paris.receive(second!);
    for (const message of paris.takeSent()) lima.receive(message);
    expect(lima.keys("lobby")).toEqual(["alice", "bob"]);
    lima.advance(3 * PERIOD);
    expect(pullsOf(lima)).toEqual([]);
  });

  it("does not ask for what arrives before the pull is due", () => {
    const { tokyo, paris, lima } = threeCities();
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(30);
    const delta = tokyo.takeSent();
    for (const message of delta) paris.receive(message);
    for (const message of beat(paris, tokyo, lima)) lima.receive(message);
    for (const message of delta) lima.receive(message);
    lima.advance(2 * PERIOD);
    expect(pullsOf(lima)).toEqual([]);
  });

  it("has one pull in flight a peer, whatever else is said meanwhile", () => {
    const { tokyo, paris, lima } = threeCities();
    bobJoins(tokyo, paris);
    for (let time = 0; time < 5; time++) {
      for (const message of beat(tokyo, paris, lima)) lima.receive(message);
      lima.advance(100);
    }
    expect(pullsOf(lima)).toEqual([{ to: "tokyo", wants: ["tokyo"] }]);
  });

  it("asks again who says again that it has more", () => {
    const { tokyo, paris, lima } = threeCities();
    bobJoins(tokyo, paris);
    for (const message of beat(tokyo, paris, lima)) lima.receive(message);
    lima.advance(2 * PERIOD);
    expect(pullsOf(lima)).toEqual([{ to: "tokyo", wants: ["tokyo"] }]);
    for (const message of beat(tokyo, paris, lima)) lima.receive(message);
    lima.advance(100);
    expect(pullsOf(lima)).toEqual([{ to: "tokyo", wants: ["tokyo"] }]);
  });

  it("drops what comes for a replica that left since it was asked for", () => {
    const { tokyo, paris, lima } = threeCities();
    bobJoins(tokyo, paris);
    for (const message of beat(paris, tokyo, lima)) lima.receive(message);
    lima.advance(100);
    lima.advance(PERIOD + 100);
    const pull = lima.takeSent().findLast((message) => message.type === "pull");
    for (const message of tokyo.forge({ type: "leaving", lingerMs: 60_000 })) lima.receive(message);
    paris.receive(pull!);
    for (const message of paris.takeSent()) lima.receive(message);
    expect(lima.keys("lobby")).toEqual(["alice"]);
    const late = { replica: "tokyo", seen: Intervals.of([3]), live: [], leaves: [] };
    for (const message of paris.forge({ type: "push", to: "lima", request: 2, fragments: [late] }))
      lima.receive(message);
    expect([...lima.replication.presences.seenOf("tokyo")]).toEqual([[1, 1]]);
  });
});
