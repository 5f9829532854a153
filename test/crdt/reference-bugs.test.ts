import { describe, expect, it } from "vitest";
import { type Fragment, fragmentOf, Intervals, PresenceSet } from "../../src/crdt/index.ts";

/** Sets by replica, each of which shows the others. */
function cluster<Name extends string>(...names: Name[]): Record<Name, PresenceSet> {
  const sets = names.map((replica) => [replica, new PresenceSet({ replica })] as const);
  for (const [, set] of sets) for (const name of names) set.show(name);
  return Object.fromEntries(sets) as Record<Name, PresenceSet>;
}

const deltaOf = (set: PresenceSet) => fragmentOf(set.replica, set.takeOperations());
const fullStateOf = (set: PresenceSet, replica: string): Fragment => set.catchUp(replica, Intervals.empty())!;
const metas = (set: PresenceSet, key: string) =>
  set.getByKey("lobby", key).map(({ phx_ref, phx_ref_prev, ...meta }) => meta);

describe("bugs of the reference that the set does not have", () => {
  it("phoenix_pubsub 55, 60, 80: a replica that is gone for good does not come back from the state of others", () => {
    const { tokyo, paris, lima } = cluster("tokyo", "paris", "lima");
    tokyo.join(1, "lobby", "alice", {});
    const delta = deltaOf(tokyo);
    paris.merge(delta);
    lima.merge(delta);
    paris.forget("tokyo");
    expect(paris.merge(fullStateOf(lima, "tokyo"))).toEqual({ joins: [], leaves: [] });
    expect(paris.merge(delta)).toEqual({ joins: [], leaves: [] });
    expect([paris.count("lobby"), paris.catchUp("tokyo", Intervals.empty())]).toEqual([0, undefined]);
    paris.show("tokyo");
    expect([paris.count("lobby"), paris.seenOf("tokyo").isEmpty]).toEqual([0, true]);
  });

  it("74, 108, 109, 111: a catch-up covers everything that the receiver missed, however long ago", () => {
    const { tokyo, paris } = cluster("tokyo", "paris");
    for (let owner = 0; owner < 60; owner++) tokyo.join(owner, "lobby", `before-${owner}`, {});
    tokyo.takeOperations();
    for (let owner = 0; owner < 30; owner++) tokyo.leave(owner, "lobby", `before-${owner}`);
    tokyo.join(99, "lobby", "last", {});
    paris.merge(deltaOf(tokyo));
    expect(paris.count("lobby")).toBe(1);
    paris.merge(tokyo.catchUp("tokyo", paris.seenOf("tokyo"))!);
    expect(
      paris
        .list("lobby")
        .map(([key]) => key)
        .sort(),
    ).toEqual(
      tokyo
        .list("lobby")
        .map(([key]) => key)
        .sort(),
    );
  });

  it("74, 108: a delta that is merged after a lost one does not hide the gap", () => {
    const { tokyo, paris } = cluster("tokyo", "paris");
    tokyo.join(1, "lobby", "alice", {});
    tokyo.takeOperations();
    tokyo.join(2, "lobby", "bob", {});
    paris.merge(deltaOf(tokyo));
    expect([...paris.seenOf("tokyo")]).toEqual([[2, 2]]);
  });

  it("148, 213: an outdated full state of a third node does not overwrite a newer meta", () => {
    const { tokyo, paris, lima } = cluster("tokyo", "paris", "lima");
    tokyo.join(1, "lobby", "alice", { n: 0 });
    paris.merge(deltaOf(tokyo));
    const outdated = fullStateOf(paris, "tokyo");
    tokyo.update(1, "lobby", "alice", { n: 1 });
    paris.merge(deltaOf(tokyo));
    tokyo.update(1, "lobby", "alice", { n: 2 });
    lima.merge(deltaOf(tokyo));
    expect(lima.merge(outdated)).toEqual({ joins: [], leaves: [] });
    expect(metas(lima, "alice")).toEqual([{ n: 2 }]);
    for (const [set, other] of [
      [lima, paris],
      [paris, lima],
      [lima, tokyo],
      [paris, tokyo],
    ] as const) {
      set.merge(other.catchUp("tokyo", set.seenOf("tokyo"))!);
    }
    for (const set of [tokyo, paris, lima]) expect(metas(set, "alice")).toEqual([{ n: 2 }]);
  });

  it("148: until a gap closes, readers may see an older meta, but always exactly one", () => {
    const { tokyo, paris } = cluster("tokyo", "paris");
    tokyo.join(1, "lobby", "alice", { n: 0 });
    const first = deltaOf(tokyo);
    tokyo.update(1, "lobby", "alice", { n: 1 });
    const second = deltaOf(tokyo);
    tokyo.update(1, "lobby", "alice", { n: 2 });
    const third = deltaOf(tokyo);
    paris.merge(third);
    paris.merge(first);
    expect(metas(paris, "alice")).toEqual([{ n: 2 }]);
    tokyo.leave(1, "lobby", "alice");
    const { joins, leaves } = paris.merge(deltaOf(tokyo));
    expect([joins, leaves].map((presences) => presences.map(({ meta }) => meta["n"]))).toEqual([[0], [2]]);
    expect(paris.merge(second).leaves.map(({ meta }) => meta["n"])).toEqual([0]);
    expect(paris.count("lobby")).toBe(0);
  });

  it("172: an update is one change, in which the old meta leaves and the new one joins", () => {
    const { tokyo, paris } = cluster("tokyo", "paris");
    tokyo.join(1, "lobby", "alice", { n: 0 });
    paris.merge(deltaOf(tokyo));
    const local = tokyo.update(1, "lobby", "alice", { n: 1 });
    const operations = tokyo.takeOperations();
    const remote = paris.merge(fragmentOf("tokyo", operations));
    expect(operations).toHaveLength(1);
    for (const { joins, leaves } of [local, remote]) {
      expect([joins, leaves].map((presences) => presences.map(({ key, meta }) => [key, meta["n"]]))).toEqual([
        [["alice", 1]],
        [["alice", 0]],
      ]);
    }
  });

  it("175, 176: an update removes the old entry on other nodes, so that their lists do not grow", () => {
    const { tokyo, paris } = cluster("tokyo", "paris");
    tokyo.join(1, "lobby", "alice", { n: 0 });
    for (let n = 1; n <= 50; n++) {
      tokyo.update(1, "lobby", "alice", { n });
      if (n % 7 > 0) paris.merge(deltaOf(tokyo));
    }
    expect(fullStateOf(paris, "tokyo").live).toHaveLength(1);
    expect(metas(paris, "alice")).toEqual([{ n: 50 }]);
  });

  it("214, 215: one key on two replicas, with equal owner numbers, is two presences on every node, in any order", () => {
    const { tokyo, paris, lima, oslo } = cluster("tokyo", "paris", "lima", "oslo");
    tokyo.join(1, "lobby", "alice", { from: "tokyo" });
    paris.join(1, "lobby", "alice", { from: "paris" });
    const [fromTokyo, fromParis] = [deltaOf(tokyo), deltaOf(paris)];
    for (const delta of [fromTokyo, fromParis]) lima.merge(delta);
    for (const delta of [fromParis, fromTokyo]) oslo.merge(delta);
    for (const set of [lima, oslo])
      expect(
        metas(set, "alice")
          .map(({ from }) => from)
          .sort(),
      ).toEqual(["paris", "tokyo"]);
    tokyo.leave(1, "lobby", "alice");
    const leave = deltaOf(tokyo);
    for (const set of [lima, oslo]) {
      set.merge(leave);
      expect(metas(set, "alice")).toEqual([{ from: "paris" }]);
    }
  });

  it("found in a recorded trace: after a lost delta, the old meta leaves when an update joins", () => {
    const { tokyo, paris } = cluster("tokyo", "paris");
    tokyo.join(1, "lobby", "alice", { n: 0 });
    paris.merge(deltaOf(tokyo));
    tokyo.update(1, "lobby", "alice", { n: 1 });
    deltaOf(tokyo);
    tokyo.update(1, "lobby", "alice", { n: 2 });
    const { joins, leaves } = paris.merge(deltaOf(tokyo));
    expect([joins, leaves].map((presences) => presences.map(({ meta }) => meta["n"]))).toEqual([[2], [0]]);
    expect(paris.merge(tokyo.catchUp("tokyo", paris.seenOf("tokyo"))!)).toEqual({ joins: [], leaves: [] });
    expect(paris.count("lobby")).toBe(1);
  });
});
