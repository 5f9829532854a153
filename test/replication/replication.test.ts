import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/crdt/intervals.ts";
import {
  DOWN,
  exchangeUntilQuiet,
  PERIOD,
  PERMDOWN,
  skipHeartbeatInterval,
  tokyoAndParis,
} from "./replica-harness.ts";

describe("a message", () => {
  it("that is late or a duplicate is merged, and is not a sign of life", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(100);
    const [late] = tokyo.takeSent();
    tokyo.advance(PERIOD);
    tokyo.join(3, "lobby", "carol");
    tokyo.advance(100);
    paris.receive(...tokyo.takeSent());
    paris.advance(DOWN - PERIOD);
    paris.receive(late!);
    expect(paris.keys("lobby")).toContain("bob");
    paris.advance(3 * PERIOD);
    expect(paris.replication.members.get("tokyo")?.status).toBe("down");
    paris.receive(late!);
    expect(paris.replication.members.get("tokyo")?.status).toBe("down");
  });

  it("of a replica that has left is ignored for permdownPeriodMs", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(100);
    const late = tokyo.takeSent();
    tokyo.step({ type: "close", lingerMs: 0 });
    paris.receive(...tokyo.takeSent());
    expect(paris.keys("lobby")).toEqual([]);
    paris.receive(...late);
    expect([paris.keys("lobby"), paris.replication.members.get("tokyo")]).toEqual([[], undefined]);
    expect(paris.replication.tombstones.size).toBe(1);
    paris.advance(PERMDOWN + 2 * PERIOD);
    expect(paris.replication.tombstones.size).toBe(0);
  });

  it("of type leaving counts even if later messages arrived before it", () => {
    const { tokyo, paris } = tokyoAndParis();
    const leaving = tokyo.forge({ type: "leaving", lingerMs: 0, lastDot: 0 });
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(100);
    paris.receive(...tokyo.takeSent(), ...leaving);
    expect(paris.replication.members.get("tokyo")).toBeUndefined();
  });
});

describe("a replica that holds other presences than the owner after the same events", () => {
  it("warns once and takes over the presences of the owner", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    exchangeUntilQuiet(tokyo, paris);
    // A fault that the protocol never causes: a delta says that alice has left, and tokyo still holds her.
    paris.receive({
      type: "delta",
      sender: tokyo.replication.self,
      counter: 0,
      seen: Intervals.range(1, 2),
      fragment: { replica: "tokyo", seen: Intervals.of([1]), live: [], leaves: [] },
    });
    expect(paris.keys("lobby")).toEqual(["bob"]);
    for (let interval = 0; interval < 3; interval++) {
      skipHeartbeatInterval(tokyo, paris);
      exchangeUntilQuiet(tokyo, paris);
    }
    expect(paris.keys("lobby")).toEqual(["alice", "bob"]);
    expect(paris.warnings).toEqual(["DIVERGED"]);
    const [ofTokyo, atParis] = [tokyo, paris].map(({ replication }) =>
      replication.presences.digestOf("tokyo"),
    );
    expect(atParis).toBe(ofTokyo);
  });
});
