import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Intervals, type Operation, PresenceSet } from "../../src/crdt/index.ts";
import type { Meta } from "../../src/payload.ts";
import { PushAssembler } from "../../src/replication/push-assembler.ts";
import { histories, REPLICAS } from "../../src/testing/arbitraries/histories.ts";
import { shuffle, splitIntoFragments } from "../../src/testing/arbitraries/split-history.ts";
import { MIN_MESSAGE_BYTES } from "../../src/wire/format.ts";
import { assertFits, type Envelope, encode, type OutgoingMessage, type Push } from "../../src/wire/index.ts";
import { intervals } from "../support/arbitraries/fragments.ts";
import { randomNumbers } from "../support/arbitraries/random-numbers.ts";
import { historyTally } from "../support/history-tally.ts";
import { mustDecode } from "../support/message-arbitraries.ts";
import { ObservingSet, rowsOf } from "../support/observing-set.ts";
import { type PlayedHistory, playHistory } from "../support/play-history.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { VisibilityCheck } from "../support/visibility-check.ts";

/** Some metas that are large for a message, so that a state of a few dozen takes several. */
const large: fc.Arbitrary<Meta> = fc.nat(900).map((length) => ({ note: "x".repeat(length) }));

const envelopeOf = (replica: string): Envelope => ({
  sender: { name: replica, id: replica, startedAt: 1 },
  counter: 1,
});

function everybody(story: PlayedHistory) {
  return [...story.truths.values()].flatMap((truth) => rowsOf(truth, truth.present())).sort();
}

/** The answer of one replica that knows all, for one that has seen what the observer has. */
function answerFor(observer: ObservingSet, story: PlayedHistory): Uint8Array[] {
  const third = new ObservingSet(REPLICAS);
  for (const [replica, set] of story.sets) third.merge(set.catchUp(replica, Intervals.empty())!);
  const fragments = REPLICAS.map((replica) => third.set.catchUp(replica, observer.set.seenOf(replica))!);
  return encode(
    { type: "push", to: "observer", request: 1, fragments },
    envelopeOf("third"),
    MIN_MESSAGE_BYTES,
  );
}

describe("an answer in parts", () => {
  it("gives the whole state, in any order, with parts repeated, each part small enough", () => {
    fc.assert(
      fc.property(histories({ meta: large }), randomNumbers(), randomNumbers(), (history, first, second) => {
        const story = playHistory(history, second[0]! % 2 === 0 ? 0 : 4_096);
        const observer = new ObservingSet(REPLICAS);
        for (const fragment of splitIntoFragments(story, first))
          if (fragment.seen.max % 3 === 0) observer.merge(fragment);
        const parts = answerFor(observer, story);
        if (parts.length > 2) historyTally.event("answer of several parts");
        const pushes = parts.map((bytes) => mustDecode(bytes) as Push & { type: "push" });
        assert(parts.every(({ length }) => length <= MIN_MESSAGE_BYTES));
        const answer = new PushAssembler();
        for (const push of shuffle([...pushes, ...pushes], second)) {
          for (const fragment of answer.receive(push)) observer.merge(fragment);
          observer.rows();
        }
        assert(answer.isComplete);
        assert.deepEqual(observer.rows(), everybody(story));
        for (const [replica, set] of story.sets)
          assert(observer.set.seenOf(replica).equals(set.seenOf(replica)));
      }),
      { numRuns: PROPERTY_RUNS },
    );
    expect(historyTally.of("answer of several parts")).toBeGreaterThan(0);
  });

  it("never shows a reader the absence of somebody who was there before and is there after", () => {
    fc.assert(
      fc.property(histories({ meta: large }), randomNumbers(), randomNumbers(), (history, first, second) => {
        const story = playHistory(history, 0);
        const observer = new ObservingSet(REPLICAS);
        for (const fragment of splitIntoFragments(story, first))
          if (fragment.seen.max % 2 === 0) observer.merge(fragment);
        const slots = () =>
          new Set(
            [...observer.reported.values()].map(({ replica, owner, topic, key }) =>
              JSON.stringify([replica, owner, topic, key]),
            ),
          );
        const standing = new Set(
          [...story.truths].flatMap(([replica, truth]) =>
            truth.present().map(({ owner, topic, key }) => JSON.stringify([replica, owner, topic, key])),
          ),
        );
        const before = [...slots()].filter((slot) => standing.has(slot));
        const answer = new PushAssembler();
        const closing: number[] = [];
        for (const bytes of shuffle(answerFor(observer, story), second)) {
          const push = mustDecode(bytes) as Push & { type: "push" };
          if (push.part >= push.addingParts) closing.push(push.part);
          for (const fragment of answer.receive(push)) observer.merge(fragment);
          const now = slots();
          assert(
            before.every((slot) => now.has(slot)),
            "somebody was absent while an answer came in",
          );
        }
        assert(closing.length > 0);
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("may tell of more that is dead than one message holds, and is still merged as one", () => {
    const tokyo = new PresenceSet({ replica: "tokyo", logLimit: 0 });
    const paris = new PresenceSet({ replica: "paris" });
    paris.show("tokyo");
    for (let owner = 0; owner < 6_000; owner++) tokyo.join(owner, "lobby", `key-${owner}`, {});
    for (let owner = 0; owner < 6_000; owner += 3) tokyo.update(owner, "lobby", `key-${owner}`, { n: 1 });
    for (let owner = 1; owner < 6_000; owner += 3) tokyo.leave(owner, "lobby", `key-${owner}`);
    const fragments = [tokyo.catchUp("tokyo", Intervals.empty())!];
    const parts = encode(
      { type: "push", to: "paris", request: 1, fragments },
      envelopeOf("tokyo"),
      MIN_MESSAGE_BYTES,
    );
    const pushes = parts.map((bytes) => mustDecode(bytes) as Push & { type: "push" });
    expect(pushes.length - pushes[0]!.addingParts).toBeGreaterThan(1);
    const answer = new PushAssembler();
    for (const push of pushes.toReversed())
      for (const fragment of answer.receive(push)) paris.merge(fragment);
    expect(answer.isComplete).toBe(true);
    expect([...paris.seenOf("tokyo")]).toEqual([...tokyo.seenOf("tokyo")]);
    expect(paris.digestOf("tokyo")).toBe(tokyo.digestOf("tokyo"));
    expect(paris.count("lobby")).toBe(4_000);
  });

  it("is nothing to wait for when there is nothing to say", () => {
    const [bytes, ...more] = encode(
      { type: "push", to: "paris", request: 3, fragments: [] },
      envelopeOf("tokyo"),
    );
    const answer = new PushAssembler();
    expect(more).toEqual([]);
    expect(answer.isComplete).toBe(false);
    expect(answer.receive(mustDecode(bytes!) as Push)).toEqual([]);
    expect(answer.isComplete).toBe(true);
  });

  it("ignores a part that contradicts the ones before", () => {
    const push: Push = {
      type: "push",
      to: "paris",
      request: 1,
      part: 0,
      parts: 2,
      addingParts: 1,
      fragments: [],
    };
    const answer = new PushAssembler();
    answer.receive(push);
    answer.receive({ ...push, part: 1, parts: 3 });
    expect(answer.isComplete).toBe(false);
    answer.receive({ ...push, part: 1 });
    expect(answer.isComplete).toBe(true);
  });
});

/** The deltas of each replica, some of them several takes in one. */
function joined(story: PlayedHistory, chances: readonly number[]): { replica: string; steps: Operation[] }[] {
  return REPLICAS.flatMap((replica) => {
    const deltas: { replica: string; steps: Operation[] }[] = [];
    for (const [index, { steps }] of story.deltas.filter((delta) => delta.replica === replica).entries()) {
      if (index > 0 && chances[index % chances.length]! % 2 === 0) deltas.at(-1)!.steps.push(...steps);
      else deltas.push({ replica, steps: [...steps] });
    }
    return deltas;
  });
}

describe("a delta in parts", () => {
  it("can lose, reorder and repeat them, and no reader sees an absence in an update", () => {
    fc.assert(
      fc.property(histories({ meta: large }), randomNumbers(), randomNumbers(), (history, first, second) => {
        const story = playHistory(history);
        const observer = new ObservingSet(REPLICAS);
        const onShow = new VisibilityCheck(story, observer);
        const messages = joined(story, first).flatMap(({ replica, steps }) => {
          const delta = Intervals.of(
            steps.flatMap(({ live, leaves }) =>
              [live?.dot ?? [], leaves.map(({ leave, dead }) => [leave, dead])].flat(2),
            ),
          );
          const parts = encode(
            { type: "delta", seen: delta, operations: steps },
            envelopeOf(replica),
            MIN_MESSAGE_BYTES,
          );
          if (parts.length > 1) historyTally.event("delta of several parts");
          assert(parts.every(({ length }) => length <= MIN_MESSAGE_BYTES));
          return parts.map((bytes) => ({ replica, delta, message: mustDecode(bytes) }));
        });
        for (const [index, { replica, delta, message }] of shuffle(
          [...messages, ...messages],
          second,
        ).entries()) {
          if (first[index % first.length]! % 3 === 0) continue;
          assert(message.type === "delta");
          onShow.whileMerging(replica, delta, () => observer.merge(message.fragment));
          assert(story.truths.get(replica)!.isLeaveClosed(observer.set.seenOf(replica)));
        }
        for (const [replica, set] of story.sets)
          observer.merge(set.catchUp(replica, observer.set.seenOf(replica))!);
        assert.deepEqual(observer.rows(), everybody(story));
      }),
      { numRuns: PROPERTY_RUNS },
    );
    expect(historyTally.of("delta of several parts")).toBeGreaterThan(0);
  });

  it("do not advertise who came and went before the send until the leave is out", () => {
    const tokyo = new PresenceSet({ replica: "tokyo" });
    const note = "x".repeat(1_300);
    tokyo.join(1, "lobby", "alice", {});
    tokyo.join(2, "lobby", "bob", { note });
    tokyo.join(3, "lobby", "carol", { note: `${note}y` });
    tokyo.leave(1, "lobby", "alice");
    const outgoing = {
      type: "delta",
      seen: tokyo.seenOf("tokyo"),
      operations: tokyo.takeOperations(),
    } as const;
    const messages = encode(outgoing, envelopeOf("tokyo"), MIN_MESSAGE_BYTES).map(mustDecode);
    expect(messages.map((message) => message.type === "delta" && [...message.seen])).toEqual([
      [[2, 2]],
      [[1, 4]],
    ]);
  });

  it("say each only what is published once it is out, also when they tell of several takes", () => {
    fc.assert(
      fc.property(histories({ meta: large }), (history) => {
        const story = playHistory(history);
        for (const [replica, set] of story.sets) {
          const steps = story.deltas
            .filter((delta) => delta.replica === replica)
            .flatMap((delta) => delta.steps);
          const outgoing = { type: "delta", seen: set.seenOf(replica), operations: steps } as const;
          const published = Intervals.empty();
          for (const [index, bytes] of encode(outgoing, envelopeOf(replica), MIN_MESSAGE_BYTES).entries()) {
            const message = mustDecode(bytes);
            assert(message.type === "delta" && message.counter === 1 + index);
            published.addAll(message.fragment.seen);
            assert(published.covers(message.seen), "no more is advertised than was published");
            if (published.equals(set.seenOf(replica))) assert(message.seen.equals(published));
          }
          assert(published.equals(set.seenOf(replica)));
        }
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });
});

describe("heartbeats and pulls that are too large", () => {
  const manyHoles = Intervals.of(Array.from({ length: 5_000 }, (_, index) => index * 3 + 1));
  const others = Array.from({ length: 200 }, (_, index) => ({
    name: `node-${index}`,
    id: `id-${index}`,
    startedAt: 5,
    seen: Intervals.range(1, index + 1),
  }));

  it("cut a heartbeat between replicas", () => {
    const heartbeat = {
      type: "heartbeat",
      seen: Intervals.range(1, 9),
      digest: 1,
      leaveDelayMs: 5,
      others,
    } as const;
    const messages = encode(heartbeat, envelopeOf("tokyo"), MIN_MESSAGE_BYTES).map(mustDecode);
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.flatMap((message) => (message.type === "heartbeat" ? message.others : []))).toEqual(
      others,
    );
    expect(messages.map(({ counter }) => counter)).toEqual(messages.map((_, index) => 1 + index));
    for (const message of messages)
      expect(message).toMatchObject({ type: "heartbeat", digest: 1, leaveDelayMs: 5 });
  });

  it("say less than they know rather than nothing", () => {
    fc.assert(
      fc.property(intervals(), (few) => {
        for (const seen of [few, manyHoles]) {
          const paris = { name: "paris", id: "paris", startedAt: 1, seen };
          const own = Intervals.range(1, 9);
          const beats = encode(
            { type: "heartbeat", seen: own, digest: 1, leaveDelayMs: 5, others: [paris] },
            envelopeOf("tokyo"),
            MIN_MESSAGE_BYTES,
          );
          const pulls = encode(
            { type: "pull", to: "paris", request: 1, wants: [{ replica: "lima", seen }] },
            envelopeOf("tokyo"),
            MIN_MESSAGE_BYTES,
          );
          assert(
            pulls.length === 1 && [...beats, ...pulls].every(({ length }) => length <= MIN_MESSAGE_BYTES),
          );
          const [beat, pull] = [mustDecode(beats[0]!), mustDecode(pulls[0]!)];
          assert(beat.type === "heartbeat" && seen.covers(beat.others[0]!.seen));
          assert(pull.type === "pull" && seen.covers(pull.wants[0]!.seen));
          if (seen === few) assert(pull.wants[0]!.seen.equals(few) && beat.others[0]!.seen.equals(few));
        }
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });
});

describe("assertFits", () => {
  it("lets pass only what every message can carry, whatever the names, and refuses only what is near the limit", () => {
    const name = "n".repeat(255);
    fc.assert(
      fc.property(fc.nat(3_000), fc.constantFrom("x", "é", "🙂", "\ud800"), (length, character) => {
        const presence = { topic: `t${character}`, key: "alice", meta: { note: character.repeat(length) } };
        const fits = (() => {
          try {
            assertFits(presence, MIN_MESSAGE_BYTES);
            return true;
          } catch (error) {
            assert.equal((error as { code?: string }).code, "LIMIT");
            return false;
          }
        })();
        historyTally.event(fits ? "presence that fits" : "presence that does not fit");
        if (!fits) return;
        const tokyo = new PresenceSet({ replica: name });
        tokyo.join(2 ** 49, presence.topic, presence.key, {});
        tokyo.takeOperations();
        tokyo.update(2 ** 49, presence.topic, presence.key, presence.meta);
        const envelope = {
          sender: { name: `m${name.slice(1)}`, id: name, startedAt: Number.MAX_SAFE_INTEGER },
          counter: 2 ** 52,
        };
        const whole = tokyo.catchUp(name, Intervals.empty())!;
        const messages = [
          ...encode(
            { type: "delta", seen: tokyo.seenOf(name), operations: tokyo.takeOperations() },
            envelope,
            MIN_MESSAGE_BYTES,
          ),
          ...encode(
            {
              type: "push",
              to: `p${name.slice(1)}`,
              request: 2 ** 52,
              fragments: [{ ...whole, replica: `o${name.slice(1)}` }],
            },
            envelope,
            MIN_MESSAGE_BYTES,
          ),
        ];
        assert(messages.every((bytes) => bytes.length <= MIN_MESSAGE_BYTES));
      }),
      { numRuns: PROPERTY_RUNS },
    );
    expect(historyTally.of("presence that fits")).toBeGreaterThan(0);
    expect(historyTally.of("presence that does not fit")).toBeGreaterThan(0);
  });

  it.each([
    ["a topic of no characters", { topic: "", key: "alice", meta: {} }, "topicLength"],
    ["a key of no characters", { topic: "lobby", key: "", meta: {} }, "keyLength"],
    [
      "a meta that nests too deep for any peer to read",
      { topic: "lobby", key: "alice", meta: nested(33) },
      "metaDepth",
    ],
  ])("refuses %s", (_, presence, limit) => {
    expect(() => assertFits(presence, 10_000)).toThrow(expect.objectContaining({ code: "LIMIT", limit }));
  });

  it("lets a meta nest 32 deep", () => {
    expect(() => assertFits({ topic: "lobby", key: "alice", meta: nested(32) }, 10_000)).not.toThrow();
  });

  it("is a clear error at the local join and update, and changes nothing", () => {
    const admit = (presence: { topic: string; key: string; meta: Meta }) => assertFits(presence, 8_000);
    const tokyo = new PresenceSet({ replica: "tokyo", admit });
    const photo = "x".repeat(8_000);
    expect(() => tokyo.join(1, "lobby", "alice", { photo })).toThrow(
      /take 8022 bytes .* room for 6720\. Put less/,
    );
    expect([tokyo.count("lobby"), tokyo.takeOperations()]).toEqual([0, []]);
    tokyo.join(1, "lobby", "alice", {});
    const before = tokyo.list("lobby");
    expect(() => tokyo.update(1, "lobby", "alice", { photo })).toThrow(
      expect.objectContaining({ code: "LIMIT" }),
    );
    expect(tokyo.list("lobby")).toEqual(before);
    expect(tokyo.seenOf("tokyo").max).toBe(1);
  });

  it("has encode beside it, which refuses to send what no peer would read", () => {
    const live = (topic: string, meta: Meta) => ({
      live: { dot: 1, owner: 1, topic, key: "alice", content: meta, replaced: 0 },
      leaves: [],
    });
    const seen = Intervals.range(1, 1);
    const unreadable: OutgoingMessage[] = [
      { type: "delta", seen, operations: [live("", {})] },
      { type: "delta", seen, operations: [live("lobby", nested(33))] },
      { type: "pull", to: "n".repeat(256), request: 1, wants: [] },
      {
        type: "push",
        to: "paris",
        request: 1,
        fragments: [{ replica: "n".repeat(256), seen, live: [], leaves: [] }],
      },
      {
        type: "heartbeat",
        seen,
        digest: 0,
        leaveDelayMs: 0,
        others: [{ name: "", id: "paris", startedAt: 1, seen }],
      },
    ];
    for (const outgoing of unreadable) {
      expect(() => encode(outgoing, envelopeOf("tokyo"))).toThrow(expect.objectContaining({ code: "LIMIT" }));
    }
  });

  it("is needed: encode throws for a presence that no message can carry, and loses nothing quietly", () => {
    const tokyo = new PresenceSet({ replica: "tokyo" });
    tokyo.join(1, "lobby", "alice", { photo: "x".repeat(4_000) });
    const outgoing = {
      type: "delta",
      seen: tokyo.seenOf("tokyo"),
      operations: tokyo.takeOperations(),
    } as const;
    expect(() => encode(outgoing, envelopeOf("tokyo"), MIN_MESSAGE_BYTES)).toThrow(
      expect.objectContaining({ code: "LIMIT" }),
    );
  });

  it.each([
    ["a transport too narrow for anything", envelopeOf("tokyo"), MIN_MESSAGE_BYTES - 1, "maxMessageBytes"],
    ["a name that is too long", envelopeOf("é".repeat(128)), 10_000, "nameBytes"],
    ["no name", envelopeOf(""), 10_000, "nameBytes"],
  ])("refuses to encode for %s", (_, envelope, maxMessageBytes, limit) => {
    const encoding = () => encode({ type: "leaving", lingerMs: 0 }, envelope, maxMessageBytes);
    expect(encoding).toThrow(expect.objectContaining({ code: "LIMIT", limit }));
  });
});

function nested(depth: number): Meta {
  return depth === 1 ? {} : { inner: nested(depth - 1) };
}
