import { describe, expect, it } from "vitest";
import { fragmentOf, Intervals, PresenceSet } from "../../src/crdt/index.ts";
import { asDecoded, twoReplicas } from "./two-replicas.ts";

const keysOf = (set: PresenceSet, topic: string) => set.list(topic).map(([key]) => key);

describe("join", () => {
  it("makes the presence visible at once, with a ref of its own", () => {
    const { tokyo } = twoReplicas();
    const { ref } = tokyo.join(1, "lobby", "alice", { device: "phone" });
    expect(tokyo.list("lobby")).toEqual([["alice", { device: "phone", phx_ref: ref }]]);
  });

  it("refuses a key that the owner already holds in the topic, and changes nothing", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", { device: "phone" });
    const before = tokyo.list("lobby");
    const again = () => tokyo.join(1, "lobby", "alice", { device: "laptop" });
    expect(again).toThrow(expect.objectContaining({ code: "ALREADY_TRACKED", name: "AlreadyTrackedError" }));
    expect(tokyo.list("lobby")).toEqual(before);
    expect([...tokyo.seenOf("tokyo")]).toEqual([[1, 1]]);
  });

  it("accepts other keys and topics of the same owner, and the same key of another owner", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    tokyo.join(1, "lobby", "bob", {});
    tokyo.join(1, "kitchen", "alice", {});
    tokyo.join(2, "lobby", "alice", {});
    expect(keysOf(tokyo, "lobby")).toEqual(["alice", "bob", "alice"]);
    expect([tokyo.count("lobby"), tokyo.keyCount("lobby"), tokyo.count("lobby", "alice")]).toEqual([3, 2, 2]);
    expect(tokyo.presencesOf(1)).toHaveLength(3);
    expect(tokyo.topics()).toEqual(["lobby", "kitchen"]);
  });

  it("gives every presence a unique ref, whatever the replica ids look like", () => {
    const refs = ["a", "a.1", "a.1.1", "1", "11"].flatMap((replica) => {
      const set = new PresenceSet({ replica });
      return Array.from({ length: 12 }, (_, owner) => set.join(owner, "lobby", "alice", {}).ref);
    });
    expect(new Set(refs).size).toBe(refs.length);
  });

  it("overwrites phx_ref and drops phx_ref_prev in the meta of a caller", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", { phx_ref: "mine", phx_ref_prev: "mine too" });
    expect(tokyo.getByKey("lobby", "alice")).toEqual([{ phx_ref: "tokyo.1" }]);
  });
});

describe("update", () => {
  it("reports one change, in which the old meta leaves and the new one joins with phx_ref_prev", () => {
    const { tokyo } = twoReplicas();
    const { ref } = tokyo.join(1, "lobby", "alice", { typing: false });
    const { joins, leaves } = tokyo.update(1, "lobby", "alice", { typing: true });
    expect(leaves.map(({ meta }) => meta)).toEqual([{ typing: false, phx_ref: ref }]);
    expect(joins.map(({ meta }) => meta)).toEqual([{ typing: true, phx_ref: "tokyo.3", phx_ref_prev: ref }]);
    expect(tokyo.count("lobby")).toBe(1);
  });

  it("refuses a presence that does not exist, and changes nothing", () => {
    const { tokyo } = twoReplicas();
    const updating = () => tokyo.update(1, "lobby", "alice", {});
    expect(updating).toThrow(expect.objectContaining({ code: "NOT_TRACKED", name: "NotTrackedError" }));
    expect(tokyo.seenOf("tokyo").isEmpty).toBe(true);
  });

  it("keeps the topic of its only presence", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    tokyo.update(1, "lobby", "alice", { n: 1 });
    tokyo.join(2, "lobby", "bob", {});
    expect(tokyo.topics()).toEqual(["lobby"]);
    expect(tokyo.count("lobby")).toBe(2);
  });
});

describe("leave", () => {
  it("uses a dot of its own, so that a peer notices that it missed the leave", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    expect(tokyo.leave(1, "lobby", "alice").leaves.map(({ key }) => key)).toEqual(["alice"]);
    expect([...tokyo.seenOf("tokyo")]).toEqual([[1, 2]]);
    expect(tokyo.topics()).toEqual([]);
  });

  it("does nothing if there is no such presence", () => {
    const { tokyo } = twoReplicas();
    expect(tokyo.leave(1, "lobby", "alice")).toEqual({ joins: [], leaves: [] });
    expect(tokyo.leaveAll(1)).toEqual({ joins: [], leaves: [] });
    expect(tokyo.takeOperations()).toEqual([]);
  });

  it.each([1, 4, 5, 40])(
    "ends all %i presences of an owner at once, in the order in which they joined",
    (held) => {
      const { tokyo, paris, send } = twoReplicas();
      const keys = Array.from({ length: held }, (_, index) => `key-${index}`);
      for (const key of keys) tokyo.join(1, "lobby", key, {});
      tokyo.join(2, "lobby", "bob", {});
      expect(tokyo.presencesOf(1)).toHaveLength(held);
      send();
      expect(tokyo.leaveAll(1).leaves.map(({ key }) => key)).toEqual(keys);
      expect(send().leaves.map(({ key }) => key)).toEqual(keys);
      expect(keysOf(paris, "lobby")).toEqual(["bob"]);
      expect(tokyo.presencesOf(1)).toEqual([]);
    },
  );
});

describe("an owner with many presences", () => {
  it("can update and end each of them, in many topics", () => {
    const { tokyo, paris, send } = twoReplicas();
    const presences = Array.from({ length: 12 }, (_, topic) =>
      Array.from({ length: 3 }, (_, key) => [`t${topic}`, `k${key}`] as const),
    ).flat();
    for (const [topic, key] of presences) tokyo.join(7, topic, key, { n: 0 });
    for (const [topic, key] of presences) tokyo.update(7, topic, key, { n: 1 });
    for (const [topic, key] of presences.filter((_, index) => index % 2 === 0)) tokyo.leave(7, topic, key);
    send();
    for (const [index, [topic, key]] of presences.entries()) {
      const metas = paris.getByKey(topic, key).map(({ n }) => n);
      expect(metas).toEqual(index % 2 === 0 ? [] : [1]);
      expect(paris.getByKey(topic, key)).toEqual(tokyo.getByKey(topic, key));
    }
    expect(tokyo.presencesOf(7)).toHaveLength(presences.length / 2);
    expect(tokyo.leaveAll(7).leaves).toHaveLength(presences.length / 2);
  });
});

describe("reading", () => {
  it("lists presences in order of arrival, and counts an update as an arrival", () => {
    const { tokyo } = twoReplicas();
    for (const [owner, key] of ["alice", "bob", "alice", "carol"].entries())
      tokyo.join(owner, "lobby", key, {});
    tokyo.update(1, "lobby", "bob", {});
    expect(keysOf(tokyo, "lobby")).toEqual(["alice", "alice", "carol", "bob"]);
  });

  it("counts by key the presences that joined before the first read by key and those that joined after it", () => {
    const { tokyo } = twoReplicas();
    for (const [owner, key] of ["alice", "bob", "alice"].entries()) tokyo.join(owner, "lobby", key, {});
    tokyo.leave(1, "lobby", "bob");
    expect([tokyo.keyCount("lobby"), tokyo.count("lobby", "alice")]).toEqual([1, 2]);
    tokyo.join(3, "lobby", "bob", {});
    tokyo.leave(2, "lobby", "alice");
    expect([tokyo.keyCount("lobby"), tokyo.count("lobby", "alice")]).toEqual([2, 1]);
    expect(tokyo.getByKey("lobby", "bob")).toHaveLength(1);
  });

  it("finds nothing in an unknown topic or under an unknown key", () => {
    const { tokyo } = twoReplicas();
    expect(tokyo.list("lobby")).toEqual([]);
    expect(tokyo.getByKey("lobby", "alice")).toEqual([]);
    expect([tokyo.count("lobby"), tokyo.count("lobby", "alice"), tokyo.keyCount("lobby")]).toEqual([0, 0, 0]);
  });

  it.each(["__proto__", "constructor", "hasOwnProperty", "toString", "valueOf"])(
    "accepts %s as a topic, a key and a member of a meta",
    (name) => {
      const { tokyo, paris, send } = twoReplicas();
      expect(tokyo.count(name)).toBe(0);
      tokyo.join(1, name, name, JSON.parse(`{"${name}":{"${name}":1}}`));
      send();
      for (const set of [tokyo, paris]) {
        expect(set.topics()).toEqual([name]);
        expect(set.count(name, name)).toBe(1);
        const [meta] = set.getByKey(name, name);
        expect(JSON.stringify(meta)).toBe(`{"${name}":{"${name}":1},"phx_ref":"tokyo.1"}`);
        expect(Object.getPrototypeOf(meta)).toBe(Object.prototype);
      }
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );
});

describe("other replicas", () => {
  it("are unknown until they are shown, so their fragments are ignored", () => {
    const { tokyo, paris, send } = twoReplicas();
    paris.forget("tokyo");
    tokyo.join(1, "lobby", "alice", {});
    expect(send()).toEqual({ joins: [], leaves: [] });
    expect([paris.count("lobby"), paris.replicas(), paris.isShown("tokyo")]).toEqual([0, ["paris"], false]);
  });

  it("leave when they are hidden, change nothing while hidden, and come back up to date with the same refs", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    const { ref } = tokyo.join(2, "lobby", "bob", {});
    send();
    expect(paris.hide("tokyo").leaves.map(({ key }) => key)).toEqual(["alice", "bob"]);
    expect([paris.count("lobby"), paris.topics(), paris.isShown("tokyo")]).toEqual([0, [], false]);
    tokyo.leave(1, "lobby", "alice");
    tokyo.join(3, "lobby", "carol", {});
    expect(send()).toEqual({ joins: [], leaves: [] });
    expect(paris.show("tokyo").joins.map(({ key }) => key)).toEqual(["bob", "carol"]);
    expect(paris.getByKey("lobby", "bob")[0]!.phx_ref).toBe(ref);
  });

  it("do not change when they are hidden, shown or forgotten twice, and neither does our own replica", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    send();
    paris.hide("tokyo");
    for (const verb of ["hide", "forget", "forget", "hide"] as const) {
      expect(paris[verb]("tokyo")).toEqual({ joins: [], leaves: [] });
    }
    for (const verb of ["hide", "show", "forget"] as const)
      expect(tokyo[verb]("tokyo")).toEqual({ joins: [], leaves: [] });
    expect(tokyo.count("lobby")).toBe(1);
  });

  it("leave when they are forgotten while they are shown", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    send();
    expect(paris.forget("tokyo").leaves.map(({ key }) => key)).toEqual(["alice"]);
    expect([paris.count("lobby"), paris.topics(), paris.digestOf("tokyo")]).toEqual([0, [], 0]);
    expect(paris.catchUp("tokyo", Intervals.empty())).toBeUndefined();
  });

  it("cannot change our own slice, because a fragment of it is ignored", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    send();
    tokyo.join(2, "lobby", "bob", {});
    const stale = paris.catchUp("tokyo", Intervals.empty())!;
    expect(tokyo.merge({ ...stale, seen: Intervals.range(1, 99), live: [] })).toEqual({
      joins: [],
      leaves: [],
    });
    expect(keysOf(tokyo, "lobby")).toEqual(["alice", "bob"]);
  });

  it("do not receive what we learned from others in our deltas", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    send();
    tokyo.leave(1, "lobby", "alice");
    send();
    expect(paris.takeOperations()).toEqual([]);
  });
});

describe("the set", () => {
  it("knows whether it has seen some dots of a replica, and which presences that replica has", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    tokyo.join(2, "lobby", "bob", {});
    expect([paris.hasSeen("tokyo", tokyo.seenOf("tokyo")), paris.countOfReplica("tokyo")]).toEqual([
      false,
      0,
    ]);
    send();
    paris.hide("tokyo");
    expect([paris.hasSeen("tokyo", tokyo.seenOf("tokyo")), paris.countOfReplica("tokyo")]).toEqual([true, 2]);
    expect(paris.presencesOfReplica("tokyo").map(({ key }) => key)).toEqual(["alice", "bob"]);
    expect([
      paris.countOfReplica("rome"),
      paris.presencesOfReplica("rome"),
      paris.hasSeen("rome", Intervals.range(1, 1)),
    ]).toEqual([0, [], false]);
    expect(paris.hasSeen("rome", Intervals.empty())).toBe(true);
  });

  it("counts a presence once while an old and a newer dot of it are live", () => {
    const { tokyo, paris } = twoReplicas();
    tokyo.join(1, "lobby", "alice", { n: 1 });
    const first = fragmentOf("tokyo", tokyo.takeOperations());
    tokyo.leave(1, "lobby", "alice");
    tokyo.takeOperations();
    tokyo.join(1, "lobby", "alice", { n: 2 });
    const third = fragmentOf("tokyo", tokyo.takeOperations());
    for (const order of [
      [first, third],
      [third, first],
    ]) {
      paris.forget("tokyo");
      paris.show("tokyo");
      for (const fragment of order) paris.merge(asDecoded(fragment));
      expect([paris.countOfReplica("tokyo"), paris.count("lobby")]).toEqual([1, 1]);
    }
    paris.merge(asDecoded(tokyo.catchUp("tokyo", paris.seenOf("tokyo"))!));
    expect(paris.countOfReplica("tokyo")).toBe(1);
    tokyo.leave(1, "lobby", "alice");
    paris.merge(asDecoded(fragmentOf("tokyo", tokyo.takeOperations())));
    expect(paris.countOfReplica("tokyo")).toBe(0);
  });

  it("ends the presence that an update claims to replace, also if it is that of another owner", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    tokyo.join(2, "lobby", "bob", {});
    send();
    const bob = { dot: 4, owner: 2, topic: "lobby", key: "bob", content: {}, replaced: 1 };
    const forged = { replica: "tokyo", seen: Intervals.of([1, 3, 4]), live: [bob], leaves: [] };
    const { joins, leaves } = paris.merge(forged);
    expect([joins, leaves].map((records) => records.map(({ ref }) => ref))).toEqual([
      ["tokyo.4"],
      ["tokyo.2", "tokyo.1"],
    ]);
    expect(paris.list("lobby")).toEqual([["bob", { phx_ref: "tokyo.4", phx_ref_prev: "tokyo.1" }]]);
    expect(paris.countOfReplica("tokyo")).toBe(1);
  });

  it("counts its own events that have not been taken yet", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    tokyo.update(1, "lobby", "alice", { n: 2 });
    expect(tokyo.pendingEventCount).toBe(3);
    tokyo.takeOperations();
    expect(tokyo.pendingEventCount).toBe(0);
  });
});

describe("correct", () => {
  it("replaces our view of a replica with its own, although both have seen the same dots", () => {
    const { tokyo, paris, send } = twoReplicas();
    for (const key of ["alice", "bob", "carol"]) tokyo.join(1, "lobby", key, {});
    send();
    const wrong = { replica: "tokyo", seen: Intervals.of([1, 4]), live: [], leaves: [] };
    paris.merge(wrong);
    tokyo.leave(1, "lobby", "bob");
    tokyo.takeOperations();
    expect([keysOf(paris, "lobby"), keysOf(tokyo, "lobby")]).toEqual([
      ["bob", "carol"],
      ["alice", "carol"],
    ]);
    expect(paris.seenOf("tokyo").equals(tokyo.seenOf("tokyo"))).toBe(true);
    expect(paris.digestOf("tokyo")).not.toBe(tokyo.digestOf("tokyo"));

    const { joins, leaves } = paris.correct(asDecoded(tokyo.catchUp("tokyo", Intervals.empty())!));
    expect([joins.map(({ key }) => key), leaves.map(({ key }) => key)]).toEqual([["alice"], ["bob"]]);
    expect(keysOf(paris, "lobby")).toEqual(["carol", "alice"]);
    expect(paris.digestOf("tokyo")).toBe(tokyo.digestOf("tokyo"));
    expect(paris.seenOf("tokyo").equals(tokyo.seenOf("tokyo"))).toBe(true);
  });

  it("keeps the dots that the fragment has not seen, and ignores unknown replicas and our own", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    const full = asDecoded(tokyo.catchUp("tokyo", Intervals.empty())!);
    tokyo.join(2, "lobby", "bob", {});
    send();
    expect(paris.correct(full)).toEqual({ joins: [], leaves: [] });
    expect(keysOf(paris, "lobby")).toEqual(["alice", "bob"]);
    paris.forget("tokyo");
    expect(paris.correct(full)).toEqual({ joins: [], leaves: [] });
    expect(paris.correct({ ...full, replica: "paris" })).toEqual({ joins: [], leaves: [] });
  });
});

describe("rename", () => {
  it("gives our presences new refs in one change, and starts again at dot 1", () => {
    const { tokyo } = twoReplicas();
    tokyo.show("paris");
    tokyo.join(1, "lobby", "alice", { n: 1 });
    tokyo.join(1, "lobby", "bob", {});
    tokyo.update(1, "lobby", "alice", { n: 2 });
    const { joins, leaves } = tokyo.rename("tokyo-2");
    expect(leaves.map(({ ref }) => ref)).toEqual(["tokyo.2", "tokyo.4"]);
    expect(joins.map(({ ref }) => ref)).toEqual(["tokyo-2.1", "tokyo-2.2"]);
    expect(tokyo.list("lobby")).toEqual([
      ["bob", { phx_ref: "tokyo-2.1" }],
      ["alice", { n: 2, phx_ref: "tokyo-2.2" }],
    ]);
    expect([tokyo.replica, tokyo.replicas(), tokyo.topics()]).toEqual([
      "tokyo-2",
      ["tokyo-2", "paris"],
      ["lobby"],
    ]);
    expect([tokyo.count("lobby"), tokyo.countOf(1), tokyo.get(1, "lobby", "bob")?.ref]).toEqual([
      2,
      2,
      "tokyo-2.1",
    ]);
    expect(fragmentOf("tokyo-2", tokyo.takeOperations()).live).toHaveLength(2);
    expect([...tokyo.seenOf("tokyo-2")]).toEqual([[1, 2]]);
  });

  it("leaves nothing under the old id", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    tokyo.rename("tokyo-2");
    tokyo.leave(1, "lobby", "alice");
    expect([
      tokyo.topics(),
      tokyo.count("lobby"),
      tokyo.presencesOfReplica("tokyo"),
      tokyo.isShown("tokyo"),
    ]).toEqual([[], 0, [], false]);
  });
});

describe("a presence", () => {
  it("is found by owner, topic and key, counted by owner, and serialized as readers see it", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", { n: 1 });
    tokyo.join(1, "lobby", "bob", {});
    expect([tokyo.countOf(1), tokyo.countOf(2)]).toEqual([2, 0]);
    expect(tokyo.get(1, "lobby", "carol")).toBeUndefined();
    expect(JSON.parse(JSON.stringify(tokyo.get(1, "lobby", "alice")))).toEqual({
      topic: "lobby",
      key: "alice",
      replica: "tokyo",
      owner: 1,
      dot: 1,
      replaced: 0,
      ref: "tokyo.1",
      meta: { n: 1, phx_ref: "tokyo.1" },
    });
  });
});

describe("topicOf", () => {
  it("lists entries in place of the set, from the first that names a topic to the last", () => {
    const calls: string[] = [];
    const set = new PresenceSet({
      replica: "tokyo",
      topicOf: (name) => ({
        name,
        retain: () => calls.push(`retain ${name}`),
        release: () => calls.push(`release ${name}`),
        add: ({ key }) => calls.push(`add ${key}`),
        delete: ({ key }) => calls.push(`delete ${key}`),
      }),
    });
    set.join(1, "lobby", "alice", {});
    expect([set.topics(), set.list("lobby"), set.count("lobby")]).toEqual([[], [], 0]);
    expect(set.get(1, "lobby", "alice")).toMatchObject({ topic: "lobby", key: "alice" });
    set.leave(1, "lobby", "alice");
    expect(calls.sort()).toEqual(["add alice", "delete alice", "release lobby", "retain lobby"]);
  });
});

describe("logLimit", () => {
  it("must not be negative or NaN", () => {
    for (const logLimit of [-1, Number.NaN]) {
      const creating = () => new PresenceSet({ replica: "tokyo", logLimit });
      expect(creating).toThrow(expect.objectContaining({ code: "LIMIT", limit: "logLimit" }));
    }
  });
});

describe("the digest", () => {
  it("is equal for equal live dots, differs for different ones, and fits into 32 bits", () => {
    const { tokyo, paris, send } = twoReplicas();
    const digests = new Set([tokyo.digestOf("tokyo")]);
    for (let owner = 0; owner < 200; owner++) {
      tokyo.join(owner, "lobby", "readers", {});
      if (owner % 3 === 0) tokyo.leave(owner, "lobby", "readers");
      digests.add(tokyo.digestOf("tokyo"));
      send();
      expect(paris.digestOf("tokyo")).toBe(tokyo.digestOf("tokyo"));
      if (owner % 3 === 1) tokyo.update(owner, "lobby", "readers", { typing: true });
      send();
      expect(paris.digestOf("tokyo")).toBe(tokyo.digestOf("tokyo"));
    }
    expect(digests.size).toBeGreaterThan(130);
    expect(
      [...digests].every((digest) => digest >= 0 && digest <= 0xffff_ffff && Number.isInteger(digest)),
    ).toBe(true);
  });
});
