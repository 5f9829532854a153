import { describe, expect, it } from "vitest";
import { type Fragment, fragmentOf, Intervals, PresenceSet } from "../../src/crdt/index.ts";

/** A tokyo that paris knows, and a way to send what changed from one to the other. */
function twoReplicas() {
  const tokyo = new PresenceSet({ replica: "tokyo" });
  const paris = new PresenceSet({ replica: "paris" });
  paris.show("tokyo");
  const send = () => paris.merge(asFromBytes(fragmentOf("tokyo", tokyo.takeOperations())));
  return { tokyo, paris, send };
}

/** With objects of its own, as a decoder makes them. */
function asFromBytes(fragment: Fragment): Fragment {
  const live = fragment.live.map(({ dot, owner, topic, key, content, replaced }) => {
    return { dot, owner, topic, key, content: structuredClone(content), replaced };
  });
  return { ...fragment, live };
}

const keysOf = (set: PresenceSet, topic: string) => set.list(topic).map(([key]) => key);

describe("joining", () => {
  it("is visible at once, with a ref of its own", () => {
    const { tokyo } = twoReplicas();
    const { ref } = tokyo.join(1, "lobby", "alice", { device: "phone" });
    expect(tokyo.list("lobby")).toEqual([["alice", { device: "phone", phx_ref: ref }]]);
  });

  it("refuses a key that this owner already holds in this topic, and changes nothing", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", { device: "phone" });
    const before = tokyo.list("lobby");
    const again = () => tokyo.join(1, "lobby", "alice", { device: "laptop" });
    expect(again).toThrow(expect.objectContaining({ code: "ALREADY_TRACKED", name: "AlreadyTrackedError" }));
    expect(tokyo.list("lobby")).toEqual(before);
    expect([...tokyo.seenOf("tokyo")]).toEqual([[1, 1]]);
  });

  it("lets an owner hold other keys and topics, and other owners the same key", () => {
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

  it("gives refs that no two presences share, whatever the ids look like", () => {
    const refs = ["a", "a.1", "a.1.1", "1", "11"].flatMap((replica) => {
      const set = new PresenceSet({ replica });
      return Array.from({ length: 12 }, (_, owner) => set.join(owner, "lobby", "alice", {}).ref);
    });
    expect(new Set(refs).size).toBe(refs.length);
  });

  it("replaces refs that a caller put into the meta", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", { phx_ref: "mine", phx_ref_prev: "mine too" });
    expect(tokyo.getByKey("lobby", "alice")).toEqual([{ phx_ref: "tokyo.1" }]);
  });
});

describe("updating", () => {
  it("is one change: the old meta leaves, the new one joins and names the ref before", () => {
    const { tokyo } = twoReplicas();
    const { ref } = tokyo.join(1, "lobby", "alice", { typing: false });
    const { joins, leaves } = tokyo.update(1, "lobby", "alice", { typing: true });
    expect(leaves.map(({ meta }) => meta)).toEqual([{ typing: false, phx_ref: ref }]);
    expect(joins.map(({ meta }) => meta)).toEqual([{ typing: true, phx_ref: "tokyo.3", phx_ref_prev: ref }]);
    expect(tokyo.count("lobby")).toBe(1);
  });

  it("refuses what is not there, and changes nothing", () => {
    const { tokyo } = twoReplicas();
    const updating = () => tokyo.update(1, "lobby", "alice", {});
    expect(updating).toThrow(expect.objectContaining({ code: "NOT_TRACKED", name: "NotTrackedError" }));
    expect(tokyo.seenOf("tokyo").isEmpty).toBe(true);
  });

  it("keeps the only presence of a topic in that topic", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    tokyo.update(1, "lobby", "alice", { n: 1 });
    tokyo.join(2, "lobby", "bob", {});
    expect(tokyo.topics()).toEqual(["lobby"]);
    expect(tokyo.count("lobby")).toBe(2);
  });
});

describe("leaving", () => {
  it("takes a dot of its own, so that a peer notices that it missed one", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    expect(tokyo.leave(1, "lobby", "alice").leaves.map(({ key }) => key)).toEqual(["alice"]);
    expect([...tokyo.seenOf("tokyo")]).toEqual([[1, 2]]);
    expect(tokyo.topics()).toEqual([]);
  });

  it("does nothing for what is not there", () => {
    const { tokyo } = twoReplicas();
    expect(tokyo.leave(1, "lobby", "alice")).toEqual({ joins: [], leaves: [] });
    expect(tokyo.leaveAll(1)).toEqual({ joins: [], leaves: [] });
    expect(tokyo.takeOperations()).toEqual([]);
  });

  it.each([1, 4, 5, 40])(
    "of an owner ends all of its %i presences, in the order in which they came",
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

describe("an owner of many presences", () => {
  it("finds, updates and ends each of them, in many topics", () => {
    const { tokyo, paris, send } = twoReplicas();
    const places = Array.from({ length: 12 }, (_, topic) =>
      Array.from({ length: 3 }, (_, key) => [`t${topic}`, `k${key}`] as const),
    ).flat();
    for (const [topic, key] of places) tokyo.join(7, topic, key, { n: 0 });
    for (const [topic, key] of places) tokyo.update(7, topic, key, { n: 1 });
    for (const [topic, key] of places.filter((_, index) => index % 2 === 0)) tokyo.leave(7, topic, key);
    send();
    for (const [index, [topic, key]] of places.entries()) {
      const metas = paris.getByKey(topic, key).map(({ n }) => n);
      expect(metas).toEqual(index % 2 === 0 ? [] : [1]);
      expect(paris.getByKey(topic, key)).toEqual(tokyo.getByKey(topic, key));
    }
    expect(tokyo.presencesOf(7)).toHaveLength(places.length / 2);
    expect(tokyo.leaveAll(7).leaves).toHaveLength(places.length / 2);
  });
});

describe("reading", () => {
  it("lists in order of arrival; an update is an arrival", () => {
    const { tokyo } = twoReplicas();
    for (const [owner, key] of ["alice", "bob", "alice", "carol"].entries())
      tokyo.join(owner, "lobby", key, {});
    tokyo.update(1, "lobby", "bob", {});
    expect(keysOf(tokyo, "lobby")).toEqual(["alice", "alice", "carol", "bob"]);
  });

  it("counts by key who came before the first such question, and who came after", () => {
    const { tokyo } = twoReplicas();
    for (const [owner, key] of ["alice", "bob", "alice"].entries()) tokyo.join(owner, "lobby", key, {});
    tokyo.leave(1, "lobby", "bob");
    expect([tokyo.keyCount("lobby"), tokyo.count("lobby", "alice")]).toEqual([1, 2]);
    tokyo.join(3, "lobby", "bob", {});
    tokyo.leave(2, "lobby", "alice");
    expect([tokyo.keyCount("lobby"), tokyo.count("lobby", "alice")]).toEqual([2, 1]);
    expect(tokyo.getByKey("lobby", "bob")).toHaveLength(1);
  });

  it("is empty for a topic and a key that nobody is in", () => {
    const { tokyo } = twoReplicas();
    expect(tokyo.list("lobby")).toEqual([]);
    expect(tokyo.getByKey("lobby", "alice")).toEqual([]);
    expect([tokyo.count("lobby"), tokyo.count("lobby", "alice"), tokyo.keyCount("lobby")]).toEqual([0, 0, 0]);
  });

  it.each(["__proto__", "constructor", "hasOwnProperty", "toString", "valueOf"])(
    "takes %s as a name like any other",
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

describe("a meta", () => {
  it("is copied in: the caller's object may change afterwards, and stays the caller's", () => {
    const { tokyo } = twoReplicas();
    const meta = { place: { row: 1, seats: [1, 2] } };
    tokyo.join(1, "lobby", "alice", meta);
    meta.place.row = 9;
    meta.place.seats.push(3);
    expect(tokyo.getByKey("lobby", "alice")).toEqual([
      { place: { row: 1, seats: [1, 2] }, phx_ref: "tokyo.1" },
    ]);
    const flat = { device: "phone" };
    tokyo.join(2, "lobby", "bob", flat);
    flat.device = "laptop";
    expect(tokyo.getByKey("lobby", "bob")).toEqual([{ device: "phone", phx_ref: "tokyo.2" }]);
    expect([meta, meta.place, flat].some(Object.isFrozen)).toBe(false);
  });

  it.each(["tokyo", "paris"] as const)(
    "is handed out deeply frozen, the same object each time, in %s",
    (place) => {
      const replicas = twoReplicas();
      replicas.tokyo.join(1, "lobby", "alice", { place: { row: 1, seats: [1, { aisle: true }] } });
      replicas.send();
      const [first] = replicas[place].getByKey("lobby", "alice");
      const [[, listed]] = replicas[place].list("lobby") as [[string, unknown]];
      expect(listed).toBe(first);
      assertFrozen(first);
      expect(() => Object.assign(first!, { phx_ref: "gone" })).toThrow(TypeError);
    },
  );

  it("is passed on without our refs, as it was tracked", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", { n: 1 });
    tokyo.update(1, "lobby", "alice", { n: 2 });
    send();
    paris.list("lobby");
    expect(paris.catchUp("tokyo", Intervals.empty())!.live[0]!.content).toEqual({ n: 2 });
  });
});

function assertFrozen(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  expect(Object.isFrozen(value)).toBe(true);
  for (const member of Object.values(value)) assertFrozen(member);
}

describe("other replicas", () => {
  it("are unknown until they are shown: what is said of them is ignored", () => {
    const { tokyo, paris, send } = twoReplicas();
    paris.forget("tokyo");
    tokyo.join(1, "lobby", "alice", {});
    expect(send()).toEqual({ joins: [], leaves: [] });
    expect([paris.count("lobby"), paris.replicas(), paris.isShown("tokyo")]).toEqual([0, ["paris"], false]);
  });

  it("leave when hidden, change nothing while hidden, and come back as they then are, with the same refs", () => {
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

  it("do nothing when hidden, shown or forgotten twice, or when it is ourselves", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    send();
    paris.hide("tokyo");
    for (const act of ["hide", "forget", "forget", "hide"] as const) {
      expect(paris[act]("tokyo")).toEqual({ joins: [], leaves: [] });
    }
    for (const act of ["hide", "show", "forget"] as const)
      expect(tokyo[act]("tokyo")).toEqual({ joins: [], leaves: [] });
    expect(tokyo.count("lobby")).toBe(1);
  });

  it("report their leaves when they are forgotten while they are shown", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    send();
    expect(paris.forget("tokyo").leaves.map(({ key }) => key)).toEqual(["alice"]);
    expect([paris.count("lobby"), paris.topics(), paris.digestOf("tokyo")]).toEqual([0, [], 0]);
    expect(paris.catchUp("tokyo", Intervals.empty())).toBeUndefined();
  });

  it("know nothing of us that we do not know better: a fragment of our own slice is ignored", () => {
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

  it("are told only what changed here: what was learned of others is not passed on unasked", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    send();
    tokyo.leave(1, "lobby", "alice");
    send();
    expect(paris.takeOperations()).toEqual([]);
  });
});

describe("catching up", () => {
  it("costs what was missed: from the log nothing is said of what stands", () => {
    const { tokyo, paris, send } = twoReplicas();
    for (let owner = 0; owner < 1_000; owner++) tokyo.join(owner, "lobby", `key-${owner}`, {});
    send();
    tokyo.leave(5, "lobby", "key-5");
    tokyo.join(1_000, "lobby", "new", {});
    const fragment = tokyo.catchUp("tokyo", paris.seenOf("tokyo"))!;
    expect(fragment.live.map(({ key }) => key)).toEqual(["new"]);
    expect(fragment.leaves).toEqual([{ leave: 1_001, dead: 6 }]);
    expect([...fragment.seen]).toEqual([
      [6, 6],
      [1_001, 1_002],
    ]);
  });

  it("beyond the log leaves out what stands and the peer has, and nothing else", () => {
    const tokyo = new PresenceSet({ replica: "tokyo", logLimit: 1 });
    for (let owner = 1; owner <= 6; owner++) tokyo.join(owner, "lobby", `key-${owner}`, {});
    const seen = tokyo.seenOf("tokyo");
    for (const owner of [2, 5]) tokyo.leave(owner, "lobby", `key-${owner}`);
    const fragment = tokyo.catchUp("tokyo", seen)!;
    expect(fragment.live).toEqual([]);
    expect([...fragment.seen]).toEqual([
      [2, 2],
      [5, 5],
      [7, 8],
    ]);
  });

  it("is empty for who has seen everything", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    send();
    const fragment = tokyo.catchUp("tokyo", paris.seenOf("tokyo"))!;
    expect([fragment.seen.isEmpty, fragment.live, fragment.leaves]).toEqual([true, [], []]);
  });
});

describe("what a replica knows of another", () => {
  it("tells whether all of some events were seen, how many presences are held, and which", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    tokyo.join(2, "lobby", "bob", {});
    expect([paris.hasSeen("tokyo", tokyo.seenOf("tokyo")), paris.sizeOf("tokyo")]).toEqual([false, 0]);
    send();
    paris.hide("tokyo");
    expect([paris.hasSeen("tokyo", tokyo.seenOf("tokyo")), paris.sizeOf("tokyo")]).toEqual([true, 2]);
    expect(paris.heldBy("tokyo").map(({ key }) => key)).toEqual(["alice", "bob"]);
    expect([
      paris.sizeOf("rome"),
      paris.heldBy("rome"),
      paris.hasSeen("rome", Intervals.range(1, 1)),
    ]).toEqual([0, [], false]);
    expect(paris.hasSeen("rome", Intervals.empty())).toBe(true);
  });

  it("counts a presence once while an old and a newer dot of it are there", () => {
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
      for (const fragment of order) paris.merge(asFromBytes(fragment));
      expect([paris.sizeOf("tokyo"), paris.count("lobby")]).toEqual([1, 1]);
    }
    paris.merge(asFromBytes(tokyo.catchUp("tokyo", paris.seenOf("tokyo"))!));
    expect(paris.sizeOf("tokyo")).toBe(1);
    tokyo.leave(1, "lobby", "alice");
    paris.merge(asFromBytes(fragmentOf("tokyo", tokyo.takeOperations())));
    expect(paris.sizeOf("tokyo")).toBe(0);
  });

  it("counts the events that were not taken yet", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    tokyo.update(1, "lobby", "alice", { n: 2 });
    expect(tokyo.pendingEventCount).toBe(3);
    tokyo.takeOperations();
    expect(tokyo.pendingEventCount).toBe(0);
  });
});

describe("correcting", () => {
  it("puts what the owner holds in place of what we hold, where both have seen the same", () => {
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

    const { joins, leaves } = paris.correct(asFromBytes(tokyo.catchUp("tokyo", Intervals.empty())!));
    expect([joins.map(({ key }) => key), leaves.map(({ key }) => key)]).toEqual([["alice"], ["bob"]]);
    expect(keysOf(paris, "lobby")).toEqual(["carol", "alice"]);
    expect(paris.digestOf("tokyo")).toBe(tokyo.digestOf("tokyo"));
    expect(paris.seenOf("tokyo").equals(tokyo.seenOf("tokyo"))).toBe(true);
  });

  it("keeps what we have seen beyond it, and is nothing for a replica that is not known", () => {
    const { tokyo, paris, send } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    const full = asFromBytes(tokyo.catchUp("tokyo", Intervals.empty())!);
    tokyo.join(2, "lobby", "bob", {});
    send();
    expect(paris.correct(full)).toEqual({ joins: [], leaves: [] });
    expect(keysOf(paris, "lobby")).toEqual(["alice", "bob"]);
    paris.forget("tokyo");
    expect(paris.correct(full)).toEqual({ joins: [], leaves: [] });
    expect(paris.correct({ ...full, replica: "paris" })).toEqual({ joins: [], leaves: [] });
  });
});

describe("going on under a new id", () => {
  it("brings all of ours under new refs, in one change, and begins the events anew", () => {
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

  it("leaves nothing of the former id", () => {
    const { tokyo } = twoReplicas();
    tokyo.join(1, "lobby", "alice", {});
    tokyo.rename("tokyo-2");
    tokyo.leave(1, "lobby", "alice");
    expect([tokyo.topics(), tokyo.count("lobby"), tokyo.heldBy("tokyo"), tokyo.isShown("tokyo")]).toEqual([
      [],
      0,
      [],
      false,
    ]);
  });
});

describe("a presence", () => {
  it("is found by owner, topic and key, counted by owner, and written as JSON as readers see it", () => {
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

  it("is not kept track of without end: a log of leaves must have a limit", () => {
    for (const logLimit of [-1, Number.NaN]) {
      const making = () => new PresenceSet({ replica: "tokyo", logLimit });
      expect(making).toThrow(expect.objectContaining({ code: "LIMIT", limit: "logLimit" }));
    }
  });
});

describe("the digest", () => {
  it("is equal where the live dots are, differs where they differ, and fits into 32 bits", () => {
    const { tokyo, paris, send } = twoReplicas();
    const digests = new Set([tokyo.digestOf("tokyo")]);
    for (let owner = 0; owner < 200; owner++) {
      tokyo.join(owner, "lobby", "readers", {});
      if (owner % 3 === 0) tokyo.leave(owner, "lobby", "readers");
      digests.add(tokyo.digestOf("tokyo"));
      send();
      expect(paris.digestOf("tokyo")).toBe(tokyo.digestOf("tokyo"));
    }
    expect(digests.size).toBeGreaterThan(130);
    expect(
      [...digests].every((digest) => digest >= 0 && digest <= 0xffff_ffff && Number.isInteger(digest)),
    ).toBe(true);
  });
});
