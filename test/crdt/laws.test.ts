import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fragment, fragmentOf, Intervals } from "../../src/crdt/index.ts";
import { type HistoryEvent, histories, REPLICAS } from "../../src/testing/arbitraries/histories.ts";
import { shuffle, splitIntoFragments } from "../../src/testing/arbitraries/split-history.ts";
import { randomNumbers } from "../support/arbitraries/random-numbers.ts";
import { historyTally } from "../support/history-tally.ts";
import { ObservingSet, rowsOf, type VisibleRow, visibleRows } from "../support/observing-set.ts";
import { type ModelledHistory, playHistory } from "../support/play-history.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { VisibilityCheck } from "../support/visibility-check.ts";

/** Checks a law on histories of 100 events at 4 replicas. If one breaks it, prints the seed. */
function assertLaw(
  law: (played: ModelledHistory, first: readonly number[], second: readonly number[]) => void,
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

/** The rows of all presences that still stand, according to the models. */
function expectedRows(played: ModelledHistory): VisibleRow[] {
  return [...played.models.values()].flatMap((model) => rowsOf(model, model.present())).sort();
}

/** The rows that an observer must show after the dots that it has seen, according to the models. */
function expectedVisibleRows(
  played: ModelledHistory,
  observer: ObservingSet,
  shown: Iterable<string> = REPLICAS,
): VisibleRow[] {
  return [...shown]
    .flatMap((replica) => {
      const model = played.models.get(replica)!;
      return rowsOf(model, model.visibleAfter(observer.set.seenOf(replica)));
    })
    .sort();
}

function fullStateOf(played: ModelledHistory, replica: string): Fragment {
  return played.sets.get(replica)!.catchUp(replica, Intervals.empty())!;
}

describe("the set, for any history", () => {
  it("lists at its own replica exactly the presences that still stand", () => {
    assertLaw((played) => {
      for (const [replica, set] of played.sets) {
        const model = played.models.get(replica)!;
        assert.deepEqual(visibleRows(set), rowsOf(model, model.present()));
        for (const owner of [0, 1, 2]) {
          const held = model.present().filter((presence) => presence.owner === owner);
          if (held.length > 4) historyTally.event("owner of many");
          assert.equal(set.countOf(owner), held.length);
          const dots = set.presencesOf(owner).map(({ dot }) => dot);
          assert.deepEqual(new Set(dots), new Set(held.map(({ dot }) => dot)));
          for (const { topic, key, dot } of held) assert.equal(set.get(owner, topic, key)?.dot, dot);
        }
        assert.deepEqual([...set.seenOf(replica)], model.lastDot > 0 ? [[1, model.lastDot]] : []);
      }
    });
  });

  it("is the same for any order of fragments and any repetition", () => {
    assertLaw((played, first, second) => {
      const fragments = splitIntoFragments(played, first);
      const [one, other] = [new ObservingSet(REPLICAS), new ObservingSet(REPLICAS)];
      for (const fragment of shuffle(fragments, first)) one.merge(fragment);
      for (const [index, fragment] of shuffle([...fragments, ...fragments], second).entries()) {
        other.merge(fragment);
        if (second[index % second.length]! % 3 === 0) {
          const before = other.rows();
          assert.deepEqual(
            other.merge(fragment),
            { joins: [], leaves: [] },
            "a repeated fragment changes nothing",
          );
          assert.deepEqual(other.rows(), before);
          historyTally.event("repetition");
        }
      }
      assert.deepEqual(one.rows(), expectedRows(played));
      assert.deepEqual(other.rows(), expectedRows(played));
    });
  });

  it("is the same whether fragments arrive directly or combined by a third replica", () => {
    assertLaw((played, first, second) => {
      const fragments = shuffle(splitIntoFragments(played, first), second);
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

  it("holds at every moment exactly what follows from the dots seen, and shows the highest dot of each presence", () => {
    assertLaw((played, first, second) => {
      const observer = new ObservingSet(REPLICAS);
      for (const fragment of shuffle(splitIntoFragments(played, first), second)) {
        observer.merge(fragment);
        historyTally.event("merge");
        const model = played.models.get(fragment.replica)!;
        const seenNow = observer.set.seenOf(fragment.replica);
        assert(model.isLeaveClosed(seenNow), "no leave is seen without the dot that it ended");
        const live = observer.set.catchUp(fragment.replica, Intervals.empty())!.live.map(({ dot }) => dot);
        assert.deepEqual(
          live,
          model.liveAfter(seenNow).map(({ dot }) => dot),
        );
        assert.deepEqual(observer.rows(), expectedVisibleRows(played, observer));
        if (live.length > model.visibleAfter(seenNow).length) historyTally.event("two dots at once");
      }
    });
  });

  it("holds equal live dots for equal seen", () => {
    assertLaw((played, first, second) => {
      const fragments = splitIntoFragments(played, first, 20);
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

  it("is complete again after any loss, once it has caught up from the owner or a third replica", () => {
    assertLaw((played, first, second) => {
      const fragments = shuffle(splitIntoFragments(played, first), second);
      const [third, observer] = [new ObservingSet(REPLICAS), new ObservingSet(REPLICAS)];
      for (const fragment of fragments) third.merge(fragment);
      for (const [index, fragment] of fragments.entries()) {
        if (first[index % first.length]! % 3 === 0) historyTally.event("loss");
        else observer.merge(fragment);
      }
      for (const [index, replica] of REPLICAS.entries()) {
        const source = second[index]! % 2 === 0 ? played.sets.get(replica)! : third.set;
        observer.merge(source.catchUp(replica, observer.set.seenOf(replica))!);
      }
      assert.deepEqual(observer.rows(), expectedRows(played));
      for (const replica of REPLICAS)
        assert(observer.set.seenOf(replica).equals(played.sets.get(replica)!.seenOf(replica)));
    });
  });

  it("is the same after a catch-up as after a full state, from the log and beyond it", () => {
    fc.assert(
      fc.property(
        histories(),
        randomNumbers(),
        fc.constantFrom(0, 1, 3, 8, 4_096),
        (history, numbers, logLimit) => {
          const played = playHistory(history, logLimit);
          for (const replica of REPLICAS) {
            const owner = played.sets.get(replica)!;
            const [caughtUp, full] = [new ObservingSet(REPLICAS), new ObservingSet(REPLICAS)];
            for (const fragment of shuffle(splitIntoFragments(played, numbers), numbers).filter(
              (_, index) => numbers[index]! % 2 === 0,
            )) {
              caughtUp.merge(fragment);
              full.merge(fragment);
            }
            const seenBefore = caughtUp.set.seenOf(replica);
            const fragment = owner.catchUp(replica, seenBefore)!;
            const missing = owner.seenOf(replica).without(seenBefore);
            assert(
              fragment.live.every(({ dot }) => missing.has(dot)),
              "live dots that the peer has are not sent again",
            );
            if (fragment.leaves.length > 0) historyTally.event("catch-up from the log");
            else if (fragment.seen.size > fragment.live.length) historyTally.event("catch-up beyond the log");
            caughtUp.merge(fragment);
            full.merge(fullStateOf(played, replica));
            assert.deepEqual(caughtUp.rows(), full.rows());
            assert(caughtUp.set.seenOf(replica).equals(full.set.seenOf(replica)));
          }
        },
      ),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("shows all of a shown replica, nothing of a hidden one, and nothing of a forgotten one until it is shown again", () => {
    assertLaw((played, first, second) => {
      const observer = new ObservingSet(REPLICAS);
      const shown = new Set(REPLICAS);
      const known = new Set(REPLICAS);
      for (const [index, fragment] of shuffle(splitIntoFragments(played, first), second).entries()) {
        const replica = REPLICAS[first[index % first.length]! % REPLICAS.length]!;
        const verb = (["merge", "hide", "show", "forget"] as const)[second[index % second.length]! % 4]!;
        if (verb === "hide") {
          observer.record(observer.set.hide(replica));
          shown.delete(replica);
        } else if (verb === "show") {
          observer.record(observer.set.show(replica));
          shown.add(replica);
          known.add(replica);
        } else if (verb === "forget") {
          observer.record(observer.set.forget(replica));
          shown.delete(replica);
          known.delete(replica);
        }
        historyTally.event(verb);
        const change = observer.merge(fragment);
        if (!shown.has(fragment.replica)) assert.deepEqual(change, { joins: [], leaves: [] });
        assert.deepEqual(observer.rows(), expectedVisibleRows(played, observer, shown));
        assert.deepEqual(observer.set.replicas().sort(), ["observer", ...known].sort());
        for (const forgotten of REPLICAS.filter((one) => !known.has(one))) {
          assert(observer.set.seenOf(forgotten).isEmpty);
          assert.equal(observer.set.catchUp(forgotten, Intervals.empty()), undefined);
        }
      }
      for (const replica of REPLICAS) {
        observer.record(observer.set.show(replica));
        observer.merge(played.sets.get(replica)!.catchUp(replica, observer.set.seenOf(replica))!);
      }
      assert.deepEqual(observer.rows(), expectedRows(played));
    });
  });

  it("never hides a presence during its updates, whichever messages are late or lost", () => {
    assertLaw((played, first, second) => {
      const observer = new ObservingSet(REPLICAS);
      const visibility = new VisibilityCheck(played, observer);
      const size = 1 + (first[0]! % 3);
      const messages = played.deltas.flatMap(({ replica, operations }) =>
        Array.from({ length: Math.ceil(operations.length / size) }, (_, at) => ({
          fragment: fragmentOf(replica, operations.slice(at * size, (at + 1) * size)),
          delta: fragmentOf(replica, operations),
        })),
      );
      for (const fragment of played.served) messages.push({ fragment, delta: fragment });
      const arriving = shuffle(messages, first).filter((_, at) => second[at % second.length]! % 4 > 0);
      for (const { fragment, delta } of arriving) {
        visibility.whileMerging(delta.replica, delta.seen, () => observer.merge(fragment));
      }
    });
  });

  it("was checked on histories of 100 events, with every kind of event among them", () => {
    historyTally.print("crdt laws");
    expect(historyTally.meanLength).toBe(100);
    const events = [
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
    const situations = [
      "owner of many",
      "two dots at once",
      "catch-up from the log",
      "catch-up beyond the log",
      "hide",
      "show",
      "forget",
    ];
    for (const kind of [...events, ...situations]) expect(historyTally.of(kind), kind).toBeGreaterThan(0);
  });
});
