import { setTimeout as pause } from "node:timers/promises";
import { startBroker } from "../../../scripts/brokers/broker-server.ts";
import { type DriverName, drivers } from "../../../scripts/brokers/drivers.ts";
import { brokerRecipes } from "../../../scripts/brokers/recipes.ts";
import { Dice } from "../../support/dice.ts";
import { bundleNode } from "../support/node-process.ts";
import { audit } from "./audit.ts";
import { brokerFaults, type FaultsByName, processFaults } from "./faults.ts";
import { type PlantedError, ProcessCluster } from "./process-cluster.ts";

const ROUND_MS = 6_000;

export interface ChaosOptions {
  readonly driver: DriverName;
  readonly durationMs: number;
  readonly seed: number;
  /** How long the processes have to agree after each round. */
  readonly peaceMs: number;
  /** What the first audit must find. */
  readonly plantedError?: PlantedError | undefined;
}

/** How far a run is: it goes on after its time until every kind of fault has struck. */
export interface ChaosProgress {
  readonly ms: number;
  readonly faults: number;
}

export interface ChaosReport {
  /** How often each kind struck: none of them never. */
  readonly faults: ReadonlyMap<string, number>;
  readonly joins: number;
  readonly leaves: number;
  readonly ghosts: number;
  readonly losses: number;
  readonly longestMs: number;
}

/** Rounds of chaos, each with peace after it, in which all must come to list the truth; they end with the first that does not. */
export async function runChaos(
  { driver, durationMs, seed, peaceMs, plantedError }: ChaosOptions,
  onFault: (soFar: ChaosProgress) => void = () => {},
): Promise<ChaosReport> {
  const dice = new Dice(seed);
  const [server, program] = await Promise.all([
    startBroker(brokerRecipes[drivers[driver].broker]),
    bundleNode(),
  ]);
  const crowd = new ProcessCluster(driver, server.port, program.path);
  const kinds = [brokerFaults(server, dice), processFaults(crowd, dice)];
  const done = new Map(kinds.flatMap((faults) => Object.keys(faults)).map((kind) => [kind, 0]));
  let [ghosts, losses, longestMs] = [0, 0, 0];
  let startedAt = 0;
  try {
    await crowd.start();
    startedAt = performance.now();
    const end = startedAt + durationMs;
    while (ghosts + losses === 0 && (performance.now() < end || [...done.values()].includes(0))) {
      const until = Math.min(end, performance.now() + ROUND_MS);
      await Promise.all([traffic(until), ...kinds.map((faults) => hurt(faults, until))]);
      if (plantedError !== undefined) crowd.plantError(plantedError);
      const found = await audit(crowd, peaceMs);
      [ghosts, losses, longestMs] = [found.ghosts, found.losses, Math.max(longestMs, found.durationMs)];
    }
  } finally {
    await crowd.stop();
    await server.remove();
    program.remove();
  }
  return { faults: done, joins: crowd.joins, leaves: crowd.leaves, ghosts, losses, longestMs };

  async function traffic(until: number): Promise<void> {
    while (performance.now() < until) {
      crowd.joinOrLeave(dice);
      await pause(dice.exponentialDelay(15));
    }
  }

  /** One fault after another; the last is over when this resolves. */
  async function hurt(faults: FaultsByName, until: number): Promise<void> {
    for (;;) {
      // Each kind in its turn, so that none is left out by chance.
      const kind = Object.keys(faults).reduce((one, other) =>
        done.get(other)! < done.get(one)! ? other : one,
      );
      done.set(kind, done.get(kind)! + 1);
      const struck = [...done.values()].reduce((sum, times) => sum + times, 0);
      onFault({ ms: performance.now() - startedAt, faults: struck });
      await faults[kind]!();
      if (performance.now() > until) return;
      await pause(dice.between(200, 1_200));
    }
  }
}
