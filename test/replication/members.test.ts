import { describe, expect, it } from "vitest";
import { DOWN, exchangeUntilQuiet, PERIOD, PERMDOWN, ReplicaHarness } from "./replica-harness.ts";

describe("an incarnation that is up", () => {
  it("keeps its name when a late message of an earlier incarnation arrives", () => {
    const paris = new ReplicaHarness("paris");
    const earlier = new ReplicaHarness("tokyo", { id: "earlier" });
    const later = new ReplicaHarness("tokyo", { id: "later", startedAt: 5 });
    later.join(1, "lobby", "alice");
    exchangeUntilQuiet(later, paris);
    expect(paris.keys("lobby")).toEqual(["alice"]);
    paris.receive(...earlier.takeSent());
    expect([paris.keys("lobby"), paris.replication.members.get("earlier")]).toEqual([["alice"], undefined]);
  });

  it("keeps its name when a late message of a forgotten incarnation arrives, whatever the clocks say", () => {
    const paris = new ReplicaHarness("paris");
    const forgotten = new ReplicaHarness("tokyo", { id: "forgotten", startedAt: 9_999 });
    const current = new ReplicaHarness("tokyo", { id: "current" });
    exchangeUntilQuiet(forgotten, paris);
    forgotten.join(1, "lobby", "ghost");
    forgotten.advance(100);
    const late = forgotten.takeSent();
    paris.advance(PERMDOWN + 2 * PERIOD);
    current.now = paris.now;
    current.join(1, "lobby", "alice");
    exchangeUntilQuiet(current, paris);
    paris.receive(...late);
    expect([paris.keys("lobby"), paris.replication.members.get("forgotten")]).toEqual([["alice"], undefined]);
  });
});

describe("an incarnation that is down", () => {
  it("loses its name to an incarnation that is alive, whatever the clocks say", () => {
    const paris = new ReplicaHarness("paris");
    const dead = new ReplicaHarness("tokyo", { id: "dead", startedAt: 9_999 });
    const alive = new ReplicaHarness("tokyo", { id: "alive" });
    exchangeUntilQuiet(dead, paris);
    paris.advance(DOWN + 2 * PERIOD);
    paris.receive(...alive.takeSent());
    expect(paris.replication.members.getUp("alive")).toBeDefined();
    expect(paris.replication.members.get("dead")).toBeUndefined();
  });
});
