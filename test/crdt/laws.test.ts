import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fragment, fragmentOf, Intervals } from "../../src/crdt/index.ts";
import { type HistoryEvent, histories, REPLICAS } from "../../src/testing/arbitraries/histories.ts";
import { shuffle, splitIntoFragments } from "../../src/testing/arbitraries/split-history.ts";
import { randomNumbers } from "../support/arbitraries/random-numbers.ts";
import { historyTally } from "../support/history-tally.ts";
import { ObservingSet, rowsOf, type VisibleRow, visibleRows } from "../support/observing-set.ts";
import { type PlayedHistory, playHistory } from "../support/play-history.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { VisibilityCheck } from "../support/visibility-check.ts";

/** Tries a law on histories of 100 events on 4 replicas; prints the seed when one breaks it. */
function holds(
  law: (story: PlayedHistory, first: readonly number[], second: readonly number[]) => void,
): void {
  fc.assert(
    fc.property(
      histories(),
      randomNumbers(),
      randomNumbers(),
      (history: readonly HistoryEvent[], first, second) => law(playHistory(history), first, second),
    ),
    { numRuns: PROPERTY_RUNS },
  );
}

/** The rows of all who are still there, by the model. */
function everybody(story: PlayedHistory): VisibleRow[] {
  return [...story.truths.values()].flatMap((truth) => rowsOf(truth, truth.present())).sort();
}

/** What an observer must show, by the model, given what it has seen. */
function demanded(
  story: PlayedHistory,
  observer: ObservingSet,
  shown: Iterable<string> = REPLICAS,
): VisibleRow[] {
  return [...shown]
    .flatMap((replica) => {
      const truth = story.truths.get(replica)!;
      return rowsOf(truth, truth.visibleAfter(observer.set.seenOf(replica)));
    })
    .sort();
}

function wholeOf(story: PlayedHistory, replica: string): Fragment {
  return story.sets.get(replica)!.catchUp(replica, Intervals.empty())!;
}

describe("the set, whatever the history", () => {
  it("lists at its own replica exactly those who are still there", () => {
    holds((story) => {
      for (const [replica, set] of story.sets) {
        const truth = story.truths.get(replica)!;
        assert.deepEqual(visibleRows(set), rowsOf(truth, truth.present()));
        for (const owner of [0, 1, 2]) {
          const held = truth.present().filter((fact) => fact.owner === owner);
          if (held.length > 4) historyTally.event("owner of many");
          assert.equal(set.countOf(owner), held.length);
          const dots = set.presencesOf(owner).map(({ dot }) => dot);
          assert.deepEqual(new Set(dots), new Set(held.map(({ dot }) => dot)));
          for (const { topic, key, dot } of held) assert.equal(set.get(owner, topic, key)?.dot, dot);
        }
        assert.deepEqual([...set.seenOf(replica)], truth.clock > 0 ? [[1, truth.clock]] : []);
      }
    });
  });

  it("is the same in any order of any fragments, however often each comes", () => {
    holds((story, first, second) => {
      const fragments = splitIntoFragments(story, first);
      const [one, other] = [new ObservingSet(REPLICAS), new ObservingSet(REPLICAS)];
      for (const fragment of shuffle(fragments, first)) one.merge(fragment);
      for (const [index, fragment] of shuffle([...fragments, ...fragments], second).entries()) {
        other.merge(fragment);
        if (second[index % second.length]! % 3 === 0) {
          const before = other.rows();
          assert.deepEqual(other.merge(fragment), { joins: [], leaves: [] }, "twice is once");
          assert.deepEqual(other.rows(), before);
          historyTally.event("repetition");
        }
      }
      assert.deepEqual(one.rows(), everybody(story));
      assert.deepEqual(other.rows(), everybody(story));
    });
  });

  it("is the same whether fragments come one by one, or put together by somebody else first", () => {
    holds((story, first, second) => {
      const fragments = shuffle(splitIntoFragments(story, first), second);
      const half = second[0]! % fragments.length;
      const [direct, third, relayed] = [
        new ObservingSet(REPLICAS),
        new ObservingSet(REPLICAS),
        new ObservingSet(REPLICAS),
      ];
      for (const fragment of fragments) direct.merge(fragment);
      for (const fragment of fragments.slice(half)) third.merge(fragment);
      for (const fragment of fragments.slice(0, half)) relayed.merge(fragment);
      for (const replica of REPLICAS) relayed.merge(third.set.catchUp(replica, Intervals.empty())!);
      assert.deepEqual(relayed.rows(), direct.rows());
      for (const replica of REPLICAS) {
        assert(relayed.set.seenOf(replica).equals(direct.set.seenOf(replica)));
        assert.equal(relayed.set.digestOf(replica), direct.set.digestOf(replica));
      }
    });
  });

  it("holds, at every moment, what follows from the events seen, and shows of each presence the highest dot", () => {
    holds((story, first, second) => {
      const observer = new ObservingSet(REPLICAS);
      for (const fragment of shuffle(splitIntoFragments(story, first), second)) {
        observer.merge(fragment);
        historyTally.event("merge");
        const truth = story.truths.get(fragment.replica)!;
        const seenNow = observer.set.seenOf(fragment.replica);
        assert(truth.isLeaveClosed(seenNow), "no leave is seen without the dot it ended");
        const live = observer.set.catchUp(fragment.replica, Intervals.empty())!.live.map(({ dot }) => dot);
        assert.deepEqual(
          live,
          truth.liveAfter(seenNow).map(({ dot }) => dot),
        );
        assert.deepEqual(observer.rows(), demanded(story, observer));
        if (live.length > truth.visibleAfter(seenNow).length) historyTally.event("two dots at once");
      }
    });
  });

  it("is equal where what was seen is equal", () => {
    holds((story, first, second) => {
      const fragments = splitIntoFragments(story, first, 20);
      const [one, other] = [new ObservingSet(REPLICAS), new ObservingSet(REPLICAS)];
      for (const [index, fragment] of shuffle(fragments, first).entries()) {
        one.merge(fragment);
        other.merge(shuffle(fragments, second)[index]!);
        for (const replica of REPLICAS) {
          if (!one.set.seenOf(replica).equals(other.set.seenOf(replica))) continue;
          assert.equal(one.set.digestOf(replica), other.set.digestOf(replica));
          const live = [one, other].map(({ set }) =>
            set.catchUp(replica, Intervals.empty())!.live.map(({ dot }) => dot),
          );
          assert.deepEqual(live[0], live[1]);
          if (!one.set.seenOf(replica).isEmpty) historyTally.event("equal seen");
        }
      }
    });
  });

  it("is whole again after any loss, once it asked the owner, or a third who saw all", () => {
    holds((story, first, second) => {
      const fragments = shuffle(splitIntoFragments(story, first), second);
      const [third, observer] = [new ObservingSet(REPLICAS), new ObservingSet(REPLICAS)];
      for (const fragment of fragments) third.merge(fragment);
      for (const [index, fragment] of fragments.entries()) {
        if (first[index % first.length]! % 3 === 0) historyTally.event("loss");
        else observer.merge(fragment);
      }
      for (const [index, replica] of REPLICAS.entries()) {
        const source = second[index]! % 2 === 0 ? story.sets.get(replica)! : third.set;
        observer.merge(source.catchUp(replica, observer.set.seenOf(replica))!);
      }
      assert.deepEqual(observer.rows(), everybody(story));
      for (const replica of REPLICAS)
        assert(observer.set.seenOf(replica).equals(story.sets.get(replica)!.seenOf(replica)));
    });
  });

  it("is caught up as by a full state, from the log of leaves and beyond it", () => {
    fc.assert(
      fc.property(
        histories(),
        randomNumbers(),
        fc.constantFrom(0, 1, 3, 8, 4_096),
        (history, chances, logLimit) => {
          const story = playHistory(history, logLimit);
          for (const replica of REPLICAS) {
            const owner = story.sets.get(replica)!;
            const [caughtUp, full] = [new ObservingSet(REPLICAS), new ObservingSet(REPLICAS)];
            for (const fragment of shuffle(splitIntoFragments(story, chances), chances).filter(
              (_, index) => chances[index]! % 2 === 0,
            )) {
              caughtUp.merge(fragment);
              full.merge(fragment);
            }
            const had = caughtUp.set.seenOf(replica);
            const fragment = owner.catchUp(replica, had)!;
            const missing = owner.seenOf(replica).without(had);
            assert(
              fragment.live.every(({ dot }) => missing.has(dot)),
              "what stands and is had is not sent again",
            );
            if (fragment.leaves.length > 0) historyTally.event("catch-up from the log");
            else if (fragment.seen.size > fragment.live.length) historyTally.event("catch-up beyond the log");
            caughtUp.merge(fragment);
            full.merge(wholeOf(story, replica));
            assert.deepEqual(caughtUp.rows(), full.rows());
            assert(caughtUp.set.seenOf(replica).equals(full.set.seenOf(replica)));
          }
        },
      ),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("shows of hidden replicas nothing, of shown ones all, of forgotten ones nothing ever, of re-met ones what they tell anew", () => {
    holds((story, first, second) => {
      const observer = new ObservingSet(REPLICAS);
      const shown = new Set(REPLICAS);
      const known = new Set(REPLICAS);
      for (const [index, fragment] of shuffle(splitIntoFragments(story, first), second).entries()) {
        const replica = REPLICAS[first[index % first.length]! % REPLICAS.length]!;
        const act = (["merge", "hide", "show", "forget"] as const)[second[index % second.length]! % 4]!;
        if (act === "hide") {
          observer.record(observer.set.hide(replica));
          shown.delete(replica);
        } else if (act === "show") {
          observer.record(observer.set.show(replica));
          shown.add(replica);
          known.add(replica);
        } else if (act === "forget") {
          observer.record(observer.set.forget(replica));
          shown.delete(replica);
          known.delete(replica);
        }
        historyTally.event(act);
        const change = observer.merge(fragment);
        if (!shown.has(fragment.replica)) assert.deepEqual(change, { joins: [], leaves: [] });
        assert.deepEqual(observer.rows(), demanded(story, observer, shown));
        assert.deepEqual(observer.set.replicas().sort(), ["observer", ...known].sort());
        for (const gone of REPLICAS.filter((one) => !known.has(one))) {
          assert(observer.set.seenOf(gone).isEmpty);
          assert.equal(observer.set.catchUp(gone, Intervals.empty()), undefined);
        }
      }
      for (const replica of REPLICAS) {
        observer.record(observer.set.show(replica));
        observer.merge(story.sets.get(replica)!.catchUp(replica, observer.set.seenOf(replica))!);
      }
      assert.deepEqual(observer.rows(), everybody(story));
    });
  });

  it("keeps a presence on show through all its updates, whichever messages are late or lost", () => {
    holds((story, first, second) => {
      const observer = new ObservingSet(REPLICAS);
      const onShow = new VisibilityCheck(story, observer);
      const size = 1 + (first[0]! % 3);
      const messages = story.deltas.flatMap(({ replica, steps }) =>
        Array.from({ length: Math.ceil(steps.length / size) }, (_, at) => ({
          fragment: fragmentOf(replica, steps.slice(at * size, (at + 1) * size)),
          delta: fragmentOf(replica, steps),
        })),
      );
      for (const fragment of story.served) messages.push({ fragment, delta: fragment });
      const arriving = shuffle(messages, first).filter((_, at) => second[at % second.length]! % 4 > 0);
      for (const { fragment, delta } of arriving) {
        onShow.whileMerging(delta.replica, delta.seen, () => observer.merge(fragment));
      }
    });
  });

  it("was tried on histories with every kind of event in them, of a hundred events each", () => {
    historyTally.print("crdt laws");
    expect(historyTally.meanLength).toBe(100);
    const happened = [
      "join",
      "update",
      "leave",
      "leaveAll",
      "send",
      "merge",
      "loss",
      "repetition",
      "equal seen",
    ];
    const reached = [
      "owner of many",
      "two dots at once",
      "catch-up from the log",
      "catch-up beyond the log",
      "hide",
      "show",
      "forget",
    ];
    for (const kind of [...happened, ...reached]) expect(historyTally.of(kind), kind).toBeGreaterThan(0);
  });
});
