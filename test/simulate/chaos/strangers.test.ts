import { describe, expect, it } from "vitest";
import { BrokenPromiseError } from "../../../src/testing/simulation/broken-promise-error.ts";
import { SimulatedCluster } from "../../../src/testing/simulation/simulated-cluster.ts";
import type { SimulatedTrackerOptions } from "../../../src/testing/simulation/tracker-times.ts";
import { Dice } from "../../support/dice.ts";
import { ChaosCluster } from "./chaos-cluster.ts";
import { endManyOwners } from "./presence-changes.ts";
import { DEED_NAMES, SECRET, strangerSpeaks } from "./strangers.ts";

/** Two cities with changing presences, and strangers that never stop to speak. */
function withStrangers(trackerOptions: SimulatedTrackerOptions) {
  const conditions = { delayMs: [1, 5] as const };
  const cluster = new SimulatedCluster({ seed: 1, trackerOptions, conditions, recordLog: true });
  const chaos = new ChaosCluster(cluster, new Dice(1));
  chaos.startNode();
  chaos.startNode();
  chaos.scheduleRepeatedly(500, () => endManyOwners(chaos));
  chaos.scheduleRepeatedly(1_000, () => strangerSpeaks(chaos));
  return chaos;
}

const deedsOf = ({ faults }: ChaosCluster) => DEED_NAMES.map((name) => faults.get(name) ?? 0);

describe("a stranger on the bus", () => {
  it("has no effect on a cluster with a secret, whatever it says", () => {
    const chaos = withStrangers({ secret: SECRET });
    chaos.cluster.advance(120_000);
    for (const count of deedsOf(chaos)) expect(count).toBeGreaterThan(100);
    for (const { calls } of chaos.running) {
      expect(calls.traffic().refusedMessages).toBeGreaterThan(200);
      expect(calls.replicas()).toHaveLength(2);
    }
    const said = chaos.cluster.log.lines.filter((line) => line.includes("stranger publishes")).join("\n");
    for (const type of ["leaving", "delta", "heartbeat", "pull", "push"])
      expect(said).toContain(`${type} of`);
    for (const who of ["an invented replica", "tokyo", "a later paris"])
      expect(said).toContain(` of ${who} `);
    for (const how of ["without a signature", "with another secret", "from another cluster"])
      expect(said).toContain(how);
  });

  it("only damages messages and repeats them in a cluster without a secret", () => {
    const chaos = withStrangers({});
    chaos.cluster.advance(120_000);
    expect(deedsOf(chaos)).toEqual([expect.any(Number), expect.any(Number), 0]);
    for (const { calls } of chaos.running) expect(calls.replicas()).toHaveLength(2);
  });

  it("is noticed by the model as soon as a node believes it", () => {
    const { cluster } = withStrangers({ secret: SECRET, acceptUnsigned: true });
    expect(() => cluster.advance(60_000)).toThrow(BrokenPromiseError);
    expect(() => cluster.advance(1)).toThrow(/acts on|arrived that no node has sent/);
  });
});
