import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/crdt/intervals.ts";
import { exchangeUntilQuiet, PERIOD, ReplicaHarness, tokyoAndParis } from "./replica-harness.ts";

/** Tokyo, paris and lima, which know each other. Alice is in tokyo. */
function threeCities() {
  const { tokyo, paris } = tokyoAndParis({ leaveDelayMs: 60_000 });
  const lima = new ReplicaHarness("lima");
  lima.now = tokyo.now;
  exchangeUntilQuiet(tokyo, paris, lima);
  return { tokyo, paris, lima };
}

/** Bob joins tokyo, and only these peers receive the delta. */
function bobJoins(tokyo: ReplicaHarness, ...peers: readonly ReplicaHarness[]): void {
  tokyo.join(2, "lobby", "bob");
  tokyo.advance(30);
  const delta = tokyo.takeSent();
  for (const peer of peers) peer.receive(...delta);
  for (const peer of peers) expect(peer.keys("lobby")).toContain("bob");
}

function pullsSentBy(replica: ReplicaHarness) {
  return replica.takeSent().filter((message) => message.type === "pull");
}

const pullFromTokyo = { to: "tokyo", wants: [{ replica: "tokyo" }] };

describe("missing events", () => {
  it("are pulled from their owner, whichever peer advertises them", () => {
    const { tokyo, paris, lima } = threeCities();
    bobJoins(tokyo, paris);
    lima.receive(...paris.forgeHeartbeat(tokyo, lima));
    lima.advance(100);
    expect(pullsSentBy(lima)).toMatchObject([pullFromTokyo]);
  });

  it("are pulled from the peer that advertised them if the owner sends nothing for one period", () => {
    const { tokyo, paris, lima } = threeCities();
    bobJoins(tokyo, paris);
    lima.receive(...paris.forgeHeartbeat(tokyo, lima));
    lima.advance(100);
    lima.takeSent();
    lima.advance(PERIOD + 100);
    const [second] = pullsSentBy(lima);
    expect(second).toMatchObject({ to: "paris", wants: [{ replica: "tokyo" }] });
    expect([...second!.wants[0]!.seen]).toEqual([[1, 1]]);
    paris.receive(second!);
    lima.receive(...paris.takeSent());
    expect(lima.keys("lobby")).toEqual(["alice", "bob"]);
    lima.advance(3 * PERIOD);
    expect(pullsSentBy(lima)).toEqual([]);
  });

  it("are not pulled if they arrive before the pull is due", () => {
    const { tokyo, paris, lima } = threeCities();
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(30);
    const delta = tokyo.takeSent();
    paris.receive(...delta);
    lima.receive(...paris.forgeHeartbeat(tokyo, lima), ...delta);
    lima.advance(2 * PERIOD);
    expect(pullsSentBy(lima)).toEqual([]);
  });

  it("are in one pull only, however often they are advertised while it is in flight", () => {
    const { tokyo, paris, lima } = threeCities();
    bobJoins(tokyo, paris);
    for (let time = 0; time < 5; time++) {
      lima.receive(...tokyo.forgeHeartbeat(paris, lima));
      lima.advance(100);
    }
    expect(pullsSentBy(lima)).toMatchObject([pullFromTokyo]);
  });

  it("are pulled from the same peer again when it advertises them again", () => {
    const { tokyo, paris, lima } = threeCities();
    bobJoins(tokyo, paris);
    lima.receive(...tokyo.forgeHeartbeat(paris, lima));
    lima.advance(2 * PERIOD);
    expect(pullsSentBy(lima)).toMatchObject([pullFromTokyo]);
    lima.receive(...tokyo.forgeHeartbeat(paris, lima));
    lima.advance(100);
    expect(pullsSentBy(lima)).toMatchObject([pullFromTokyo]);
  });
});

describe("a push", () => {
  it("is ignored for a replica that has left since the pull was sent", () => {
    const { tokyo, paris, lima } = threeCities();
    bobJoins(tokyo, paris);
    lima.receive(...paris.forgeHeartbeat(tokyo, lima));
    lima.advance(100);
    lima.advance(PERIOD + 100);
    const pull = pullsSentBy(lima).at(-1)!;
    lima.receive(...tokyo.forge({ type: "leaving", lingerMs: 60_000, lastDot: 0 }));
    paris.receive(pull);
    lima.receive(...paris.takeSent());
    expect(lima.keys("lobby")).toEqual(["alice"]);
    const late = { replica: "tokyo", seen: Intervals.of([3]), live: [], leaves: [] };
    lima.receive(...paris.forge({ type: "push", to: "lima", request: 2, fragments: [late] }));
    expect([...lima.replication.presences.seenOf("tokyo")]).toEqual([[1, 1]]);
  });

  it("is ignored if it answers no pull in flight", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    const wants = [{ replica: "tokyo", seen: Intervals.empty() }];
    tokyo.receive(...paris.forge({ type: "pull", to: "tokyo", request: 900, wants }));
    const pushes = tokyo.takeSent().filter(({ type }) => type === "push");
    expect(pushes).toMatchObject([
      { request: 900, fragments: [{ live: [{ key: "alice" }, { key: "bob" }] }] },
    ]);
    paris.receive(...pushes);
    expect(paris.keys("lobby")).toEqual(["alice"]);
  });
});
