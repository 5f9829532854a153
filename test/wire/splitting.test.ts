import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Intervals, type Operation, PresenceSet } from "../../src/crdt/index.ts";
import type { Meta } from "../../src/payload.ts";
import { PushAssembler } from "../../src/replication/push-assembler.ts";
import { histories, REPLICAS } from "../../src/testing/arbitraries/histories.ts";
import { shuffle, splitIntoFragments } from "../../src/testing/arbitraries/split-history.ts";
import { MIN_MESSAGE_BYTES } from "../../src/wire/format.ts";
import {
  type Envelope,
  encode,
  type Handover,
  type Push,
  type ReplicaMessage,
} from "../../src/wire/index.ts";
import { intervals } from "../support/arbitraries/fragments.ts";
import { randomNumbers } from "../support/arbitraries/random-numbers.ts";
import { historyTally } from "../support/history-tally.ts";
import { handovers, mustDecode, outgoingMessages } from "../support/message-arbitraries.ts";
import { ObservingSet, rowsOf } from "../support/observing-set.ts";
import { type ModelledHistory, playHistory } from "../support/play-history.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { VisibilityCheck } from "../support/visibility-check.ts";

/** Metas so large that a state of a few dozen presences takes several messages. */
const large: fc.Arbitrary<Meta> = fc.nat(900).map((length) => ({ note: "x".repeat(length) }));

const envelopeOf = (replica: string): Envelope => ({
  sender: { name: replica, id: replica, startedAt: 1 },
  counter: 1,
});

function expectedRows(played: ModelledHistory) {
  return [...played.models.values()].flatMap((model) => rowsOf(model, model.present())).sort();
}

/** The answer of a third replica that has seen everything, for what the observer lacks. */
function answerFor(observer: ObservingSet, played: ModelledHistory): Uint8Array[] {
  const third = new ObservingSet(REPLICAS);
  for (const [replica, set] of played.sets) third.merge(set.catchUp(replica, Intervals.empty())!);
  const fragments = REPLICAS.map((replica) => third.set.catchUp(replica, observer.set.seenOf(replica))!);
  return encode(
    { type: "push", to: "observer", request: 1, fragments },
    envelopeOf("third"),
    MIN_MESSAGE_BYTES,
  );
}

describe("a push in parts", () => {
  it("gives the full state for any order and repetition of its parts, none of which is too long", () => {
    fc.assert(
      fc.property(histories({ meta: large }), randomNumbers(), randomNumbers(), (history, first, second) => {
        const played = playHistory(history, second[0]! % 2 === 0 ? 0 : 4_096);
        const observer = new ObservingSet(REPLICAS);
        for (const fragment of splitIntoFragments(played, first))
          if (fragment.seen.max % 3 === 0) observer.merge(fragment);
        const parts = answerFor(observer, played);
        if (parts.length > 2) historyTally.event("answer of several parts");
        const pushes = parts.map((bytes) => mustDecode(bytes) as Push & { type: "push" });
        assert(parts.every(({ length }) => length <= MIN_MESSAGE_BYTES));
        const assembler = new PushAssembler();
        for (const push of shuffle([...pushes, ...pushes], second)) {
          for (const fragment of assembler.receive(push)) observer.merge(fragment);
          observer.rows();
        }
        assert(assembler.isComplete);
        assert.deepEqual(observer.rows(), expectedRows(played));
        for (const [replica, set] of played.sets)
          assert(observer.set.seenOf(replica).equals(set.seenOf(replica)));
      }),
      { numRuns: PROPERTY_RUNS },
    );
    expect(historyTally.of("answer of several parts")).toBeGreaterThan(0);
  });

  it("never shows the absence of a presence that is there before and after", () => {
    fc.assert(
      fc.property(histories({ meta: large }), randomNumbers(), randomNumbers(), (history, first, second) => {
        const played = playHistory(history, 0);
        const observer = new ObservingSet(REPLICAS);
        for (const fragment of splitIntoFragments(played, first))
          if (fragment.seen.max % 2 === 0) observer.merge(fragment);
        const visiblePresences = () =>
          new Set(
            [...observer.reported.values()].map(({ replica, owner, topic, key }) =>
              JSON.stringify([replica, owner, topic, key]),
            ),
          );
        const standing = new Set(
          [...played.models].flatMap(([replica, model]) =>
            model.present().map(({ owner, topic, key }) => JSON.stringify([replica, owner, topic, key])),
          ),
        );
        const before = [...visiblePresences()].filter((presence) => standing.has(presence));
        const assembler = new PushAssembler();
        const closing: number[] = [];
        for (const bytes of shuffle(answerFor(observer, played), second)) {
          const push = mustDecode(bytes) as Push & { type: "push" };
          if (push.part >= push.addingParts) closing.push(push.part);
          for (const fragment of assembler.receive(push)) observer.merge(fragment);
          const now = visiblePresences();
          assert(
            before.every((presence) => now.has(presence)),
            "a presence was absent while the parts arrived",
          );
        }
        assert(closing.length > 0);
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("merges closing parts together, even if one message cannot hold them", () => {
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
    const assembler = new PushAssembler();
    for (const push of pushes.toReversed())
      for (const fragment of assembler.receive(push)) paris.merge(fragment);
    expect(assembler.isComplete).toBe(true);
    expect([...paris.seenOf("tokyo")]).toEqual([...tokyo.seenOf("tokyo")]);
    expect(paris.digestOf("tokyo")).toBe(tokyo.digestOf("tokyo"));
    expect(paris.count("lobby")).toBe(4_000);
  });

  it("is complete at once if it contains nothing", () => {
    const [bytes, ...more] = encode(
      { type: "push", to: "paris", request: 3, fragments: [] },
      envelopeOf("tokyo"),
    );
    const assembler = new PushAssembler();
    expect(more).toEqual([]);
    expect(assembler.isComplete).toBe(false);
    expect(assembler.receive(mustDecode(bytes!) as Push)).toEqual([]);
    expect(assembler.isComplete).toBe(true);
  });

  it("ignores a part that contradicts the first one", () => {
    const push: Push = {
      type: "push",
      to: "paris",
      request: 1,
      part: 0,
      parts: 2,
      addingParts: 1,
      fragments: [],
    };
    const assembler = new PushAssembler();
    assembler.receive(push);
    assembler.receive({ ...push, part: 1, parts: 3 });
    expect(assembler.isComplete).toBe(false);
    assembler.receive({ ...push, part: 1 });
    expect(assembler.isComplete).toBe(true);
  });
});

/** The deltas of each replica, some of which combine several takes. */
function combinedDeltas(
  played: ModelledHistory,
  numbers: readonly number[],
): { replica: string; operations: Operation[] }[] {
  return REPLICAS.flatMap((replica) => {
    const deltas: { replica: string; operations: Operation[] }[] = [];
    for (const [index, { operations }] of played.deltas
      .filter((delta) => delta.replica === replica)
      .entries()) {
      if (index > 0 && numbers[index % numbers.length]! % 2 === 0)
        deltas.at(-1)!.operations.push(...operations);
      else deltas.push({ replica, operations: [...operations] });
    }
    return deltas;
  });
}

describe("a delta in parts", () => {
  it("shows no absence during an update, even if parts are lost, reordered or repeated", () => {
    fc.assert(
      fc.property(histories({ meta: large }), randomNumbers(), randomNumbers(), (history, first, second) => {
        const played = playHistory(history);
        const observer = new ObservingSet(REPLICAS);
        const visibility = new VisibilityCheck(played, observer);
        const messages = combinedDeltas(played, first).flatMap(({ replica, operations }) => {
          const delta = Intervals.of(
            operations.flatMap(({ live, leaves }) =>
              [live?.dot ?? [], leaves.map(({ leave, ended }) => [leave, ended])].flat(2),
            ),
          );
          const parts = encode(
            { type: "delta", seen: delta, operations },
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
          visibility.whileMerging(replica, delta, () => observer.merge(message.fragment));
          assert(played.models.get(replica)!.isLeaveClosed(observer.set.seenOf(replica)));
        }
        for (const [replica, set] of played.sets)
          observer.merge(set.catchUp(replica, observer.set.seenOf(replica))!);
        assert.deepEqual(observer.rows(), expectedRows(played));
      }),
      { numRuns: PROPERTY_RUNS },
    );
    expect(historyTally.of("delta of several parts")).toBeGreaterThan(0);
  });

  it("does not advertise a presence that ended before the send until its leave is published", () => {
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

  it("states in each part only what is published by then, even for several takes", () => {
    fc.assert(
      fc.property(histories({ meta: large }), (history) => {
        const played = playHistory(history);
        for (const [replica, set] of played.sets) {
          const operations = played.deltas
            .filter((delta) => delta.replica === replica)
            .flatMap((delta) => delta.operations);
          const outgoing = { type: "delta", seen: set.seenOf(replica), operations } as const;
          const published = Intervals.empty();
          for (const [index, bytes] of encode(outgoing, envelopeOf(replica), MIN_MESSAGE_BYTES).entries()) {
            const message = mustDecode(bytes);
            assert(message.type === "delta" && message.counter === 1 + index);
            published.addAll(message.fragment.seen);
            assert(published.covers(message.seen), "a part advertises no more than was published");
            if (published.equals(set.seenOf(replica))) assert(message.seen.equals(published));
          }
          assert(published.equals(set.seenOf(replica)));
        }
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });
});

/** The handovers of some messages as one. */
function joinedHandovers(messages: readonly ReplicaMessage[]): Handover {
  const all = messages.flatMap((message) => ("handover" in message ? (message.handover ?? []) : []));
  return {
    lastPendingLeave: Math.max(0, ...all.map(({ lastPendingLeave }) => lastPendingLeave)),
    pendingLeaves: all.flatMap(({ pendingLeaves }) => pendingLeaves),
    claims: all.flatMap(({ claims }) => claims),
    answers: all.flatMap(({ answers }) => answers),
  };
}

describe("a handover that is too long", () => {
  const times = fc.integer({ min: 1, max: 400 });

  it("is split, and arrives in order and as a whole after the rest of the message", () => {
    const message = outgoingMessages.filter(({ type }) => type === "delta" || type === "heartbeat");
    let severalParts = 0;
    fc.assert(
      fc.property(message, handovers, times, (outgoing, { claims, answers, ...handover }, copies) => {
        assert(outgoing.type === "delta" || outgoing.type === "heartbeat");
        const long = {
          lastPendingLeave: handover.lastPendingLeave,
          pendingLeaves: Array.from({ length: copies }, () => handover.pendingLeaves).flat(),
          claims: Array.from({ length: copies }, () => claims).flat(),
          answers: Array.from({ length: copies }, () => answers).flat(),
        };
        const messages = encode({ ...outgoing, handover: long }, envelopeOf("tokyo"), 4_096);
        assert(messages.every(({ length }) => length <= 4_096));
        const decoded = messages.map(mustDecode);
        assert.deepEqual(joinedHandovers(decoded), long);
        assert.deepEqual(
          decoded.map(({ counter }) => counter),
          decoded.map((_, index) => 1 + index),
        );
        const without = encode({ ...outgoing, handover: undefined }, envelopeOf("tokyo"), 4_096).map(
          mustDecode,
        );
        const firstWith = decoded.findIndex((part) => "handover" in part && part.handover !== undefined);
        assert(firstWith >= without.length - 1, "what is about presences comes first");
        for (const part of decoded.slice(without.length)) {
          if (part.type === "delta") assert(part.fragment.seen.isEmpty && part.seen.equals(outgoing.seen));
          else assert(part.type === "heartbeat" && part.others.length === 0);
        }
        if (messages.length > Math.max(1, without.length)) severalParts++;
      }),
      { numRuns: PROPERTY_RUNS },
    );
    expect(severalParts).toBeGreaterThan(0);
  });

  it("says in each part with pending leaves how many there have been", () => {
    const pendingLeaves = Array.from({ length: 4_096 }, (_, index) => 3 * index + 1);
    const handover = { lastPendingLeave: 9_000, pendingLeaves, claims: [], answers: [] };
    const delta = { type: "delta", seen: Intervals.empty(), operations: [], handover } as const;
    const parts = encode(delta, envelopeOf("tokyo"), MIN_MESSAGE_BYTES).map(mustDecode);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts)
      expect(part).toMatchObject({ type: "delta", handover: { lastPendingLeave: 9_000 } });
    expect(joinedHandovers(parts)).toEqual(handover);
  });

  it("fits with names, topics and keys of any length that a presence may have", () => {
    const name = "n".repeat(255);
    const sender = { name, id: `${name.slice(1)}m`, startedAt: 2 ** 50 - 1 };
    const long = (first: string) => first.padEnd(640, "x");
    const claims = Array.from({ length: 5 }, (_, index) => ({
      number: 2 ** 50 - 1 - index,
      replica: `${index}`.padEnd(255, "r"),
      upTo: 2 ** 50 - 2,
      topic: long(`topic ${index}`),
      key: long(`key ${index}`).slice(0, 636),
    }));
    const handover = { lastPendingLeave: 0, pendingLeaves: [], claims, answers: [] };
    const seen = Intervals.of(Array.from({ length: 200 }, (_, index) => 2 ** 49 + 2 * index));
    const envelope = { sender, counter: 2 ** 50 - 10 };
    const times = { leaveDelayMs: 2 ** 30, heartbeatIntervalMs: 2 ** 30 };
    for (const outgoing of [
      { type: "delta", seen, operations: [], handover },
      { type: "heartbeat", seen, digest: 2 ** 32 - 1, ...times, others: [], handover },
    ] as const) {
      const parts = encode(outgoing, envelope, MIN_MESSAGE_BYTES);
      expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(MIN_MESSAGE_BYTES);
      expect(joinedHandovers(parts.map(mustDecode))).toEqual(handover);
    }
  });

  it("with nothing in it costs one byte, and makes no delta of its own", () => {
    const handover = { lastPendingLeave: 0, pendingLeaves: [], claims: [], answers: [] };
    const delta = { type: "delta", seen: Intervals.empty(), operations: [], handover } as const;
    expect(encode(delta, envelopeOf("tokyo"))).toEqual([]);
  });
});

describe("a message that is too long", () => {
  const manyHoles = Intervals.of(Array.from({ length: 5_000 }, (_, index) => index * 3 + 1));
  const others = Array.from({ length: 200 }, (_, index) => ({
    name: `node-${index}`,
    id: `id-${index}`,
    startedAt: 5,
    seen: Intervals.range(1, index + 1),
  }));

  it("is split between the other replicas if it is a heartbeat", () => {
    const heartbeat = {
      type: "heartbeat",
      seen: Intervals.range(1, 9),
      digest: 1,
      leaveDelayMs: 5,
      heartbeatIntervalMs: 9,
      others,
    } as const;
    const messages = encode(heartbeat, envelopeOf("tokyo"), MIN_MESSAGE_BYTES).map(mustDecode);
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.flatMap((message) => (message.type === "heartbeat" ? message.others : []))).toEqual(
      others,
    );
    expect(messages.map(({ counter }) => counter)).toEqual(messages.map((_, index) => 1 + index));
    for (const message of messages)
      expect(message).toMatchObject({
        type: "heartbeat",
        digest: 1,
        leaveDelayMs: 5,
        heartbeatIntervalMs: 9,
      });
  });

  it("states less than the sender has seen rather than exceed the limit", () => {
    fc.assert(
      fc.property(intervals(), (few) => {
        for (const seen of [few, manyHoles]) {
          const paris = { name: "paris", id: "paris", startedAt: 1, seen };
          const own = Intervals.range(1, 9);
          const heartbeats = encode(
            {
              type: "heartbeat",
              seen: own,
              digest: 1,
              leaveDelayMs: 5,
              heartbeatIntervalMs: 9,
              others: [paris],
            },
            envelopeOf("tokyo"),
            MIN_MESSAGE_BYTES,
          );
          const pulls = encode(
            { type: "pull", to: "paris", request: 1, wants: [{ replica: "lima", seen }] },
            envelopeOf("tokyo"),
            MIN_MESSAGE_BYTES,
          );
          assert(
            pulls.length === 1 &&
              [...heartbeats, ...pulls].every(({ length }) => length <= MIN_MESSAGE_BYTES),
          );
          const [heartbeat, pull] = [mustDecode(heartbeats[0]!), mustDecode(pulls[0]!)];
          assert(heartbeat.type === "heartbeat" && seen.covers(heartbeat.others[0]!.seen));
          assert(pull.type === "pull" && seen.covers(pull.wants[0]!.seen));
          if (seen === few) assert(pull.wants[0]!.seen.equals(few) && heartbeat.others[0]!.seen.equals(few));
        }
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });
});
