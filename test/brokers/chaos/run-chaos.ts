import { setTimeout as pause } from "node:timers/promises";
import { startBroker } from "../../../scripts/brokers/broker-server.ts";
import { type DriverName, drivers } from "../../../scripts/brokers/drivers.ts";
import { brokerRecipes } from "../../../scripts/brokers/recipes.ts";
import type { ReplicateMode } from "../../../src/wire/replica-message.ts";
import { Dice } from "../../support/dice.ts";
import { bundleNode } from "../support/node-process.ts";
import { audit } from "./audit.ts";
import { brokerFaults, type FaultsByName, processFaults } from "./faults.ts";
import type { PlantedError } from "./planted-errors.ts";
import { ProcessCluster } from "./process-cluster.ts";

const ROUND_MS = 6_000;

export interface ChaosOptions {
  readonly driver: DriverName;
  readonly replicate: ReplicateMode;
  readonly leaveDelayMs: number;
  readonly durationMs: number;
  readonly seed: number;
  /** How long the processes may take to agree after each round. */
  readonly settleMs: number;
  /** An error to plant after the first round, which the run must find. */
  readonly plantedError?: PlantedError | undefined;
}

/** The progress of a run. After its duration, a run continues until every kind of fault has occurred. */
export interface ChaosProgress {
  readonly ms: number;
  readonly faults: number;
}

export interface ChaosReport {
  /** How often each kind of fault occurred; at least once. */
  readonly faults: ReadonlyMap<string, number>;
  readonly joins: number;
  readonly leaves: number;
  readonly ghosts: number;
  readonly losses: number;
  /** What a process showed at some time and must never show, in words. */
  readonly problems: readonly string[];
  /** The longest time until all processes agreed after a round. */
  readonly longestMs: number;
  /** The longest part of such a time in which all processes heard each other. */
  readonly longestHearingMs: number;
}

/**
 * Runs rounds of faults. After each round, all processes must show the expected numbers. At all times, each must show what it
 * can know. The first failure ends the run.
 */
export async function runChaos(
  { driver, replicate, leaveDelayMs, durationMs, seed, settleMs, plantedError }: ChaosOptions,
  onFault: (soFar: ChaosProgress) => void = () => {},
): Promise<ChaosReport> {
  const dice = new Dice(seed);
  const [server, program] = await Promise.all([
    startBroker(brokerRecipes[drivers[driver].broker]),
    bundleNode(),
  ]);
  const cluster = new ProcessCluster({
    driver,
    replicate,
    leaveDelayMs,
    port: server.port,
    program: program.path,
  });
  const kinds = [brokerFaults(server, dice), processFaults(cluster, dice)];
  const counts = new Map(kinds.flatMap((faults) => Object.keys(faults)).map((kind) => [kind, 0]));
  let [ghosts, losses, longestMs, longestHearingMs] = [0, 0, 0, 0];
  const hasFailed = () => ghosts + losses + cluster.problems.length > 0;
  let startedAt = 0;
  try {
    await cluster.start();
    startedAt = performance.now();
    const end = startedAt + durationMs;
    while (!hasFailed() && (performance.now() < end || [...counts.values()].includes(0))) {
      const until = Math.min(end, performance.now() + ROUND_MS);
      await Promise.all([runVisitors(until), ...kinds.map((faults) => runFaults(faults, until))]);
      await agree();
      if (plantedError === undefined || hasFailed()) continue;
      cluster.plantError(plantedError);
      await agree();
    }
  } finally {
    await cluster.stop();
    await server.remove();
    program.remove();
  }
  const { joins, leaves, problems } = cluster;
  return { faults: counts, joins, leaves, ghosts, losses, problems, longestMs, longestHearingMs };

  async function agree(): Promise<void> {
    const result = await audit(cluster, { settleMs, leaveDelayMs });
    ({ ghosts, losses } = result);
    longestMs = Math.max(longestMs, result.durationMs);
    longestHearingMs = Math.max(longestHearingMs, result.hearingMs);
    if (ghosts + losses === 0) cluster.agreed();
  }

  async function runVisitors(until: number): Promise<void> {
    while (performance.now() < until) {
      cluster.joinOrLeave(dice);
      await pause(dice.exponentialDelay(15));
    }
  }

  /** Causes one fault after the other. Resolves when the last one is over. */
  async function runFaults(faults: FaultsByName, until: number): Promise<void> {
    for (;;) {
      // The rarest kind is next, so that every kind occurs.
      const kind = Object.keys(faults).reduce((one, other) =>
        counts.get(other)! < counts.get(one)! ? other : one,
      );
      counts.set(kind, counts.get(kind)! + 1);
      const total = [...counts.values()].reduce((sum, times) => sum + times, 0);
      onFault({ ms: performance.now() - startedAt, faults: total });
      await faults[kind]!();
      if (performance.now() > until) return;
      await pause(dice.between(200, 1_200));
    }
  }
}
