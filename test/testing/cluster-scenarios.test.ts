import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { simulate } from "../../src/testing/index.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { clusterScenarios, runScenario } from "../support/arbitraries/cluster-scenarios.ts";

const RUNS = Number(process.env["ROLLCALL_PROPERTY_RUNS"] ?? 1_000) / 10;

/** A listener as a user may write it: the keys of a topic, kept up to date by the diffs of a tracker. */
function rosterOf(tracker: Tracker, topic: string, { forgetsLeaves = false } = {}): () => string[] {
  const keyOf = new Map<string, string>();
  tracker.on("diff", (diff) => {
    const { joins = {}, leaves = {} } = diff.get(topic) ?? {};
    for (const { metas } of forgetsLeaves ? [] : Object.values(leaves))
      for (const { phx_ref } of metas) keyOf.delete(phx_ref);
    for (const [key, { metas }] of Object.entries(joins))
      for (const { phx_ref } of metas) keyOf.set(phx_ref, key);
  });
  return () => [...new Set(keyOf.values())].sort();
}

const rosterIsRight = (options = {}) =>
  fc.property(clusterScenarios({ length: 20 }), ({ nodes, seed, events }) => {
    const cluster = simulate(nodes, { seed });
    const roster = rosterOf(cluster.node("tokyo").tracker, "lobby", options);
    runScenario(events, cluster);
    assert.deepEqual(roster(), cluster.node("tokyo").keys("lobby"));
  });

describe("clusterScenarios", () => {
  it("tests a listener in clusters with every kind of fault", () => {
    fc.assert(rosterIsRight(), { numRuns: RUNS });
  });

  it("finds a wrong listener and shrinks to a short scenario", () => {
    const { failed, counterexample } = fc.check(rosterIsRight({ forgetsLeaves: true }), {
      numRuns: 200,
      seed: 1,
    });
    expect(failed).toBe(true);
    expect(counterexample![0].events.length).toBeLessThanOrEqual(4);
  }, 60_000);

  it("ends with the same lists on all running nodes", () => {
    fc.assert(
      fc.property(clusterScenarios(), ({ nodes, seed, events }) => {
        const cluster = simulate(nodes, { seed });
        runScenario(events, cluster);
        const running = nodes.map((name) => cluster.node(name)).filter(({ isRunning }) => isRunning);
        for (const topic of ["lobby", "__proto__"]) {
          const lists = new Set(running.map((node) => JSON.stringify(node.keys(topic))));
          assert.equal(lists.size, 1);
        }
      }),
      { numRuns: RUNS },
    );
  }, 120_000);

  it("has exactly the given number of events, of every kind", () => {
    const kinds = new Set<string>();
    for (const { events } of fc.sample(clusterScenarios({ length: 40 }), 50)) {
      expect(events).toHaveLength(40);
      for (const { kind } of events) kinds.add(kind);
    }
    expect(kinds.size).toBe(10);
  });
});
