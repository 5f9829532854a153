import type { NetworkCounts } from "../../../src/testing/network/links.ts";
import { BrokenPromiseError } from "../../../src/testing/simulation/broken-promise-error.ts";
import { SimulatedCluster } from "../../../src/testing/simulation/simulated-cluster.ts";
import type { SimulatedTrackerOptions } from "../../../src/testing/simulation/tracker-times.ts";
import { Dice } from "../../support/dice.ts";
import { ChaosCluster } from "./chaos-cluster.ts";
import { FAULTS } from "./faults.ts";
import { checkHealed, checkQuiet, healingMs } from "./healed-checks.ts";
import { changePresences } from "./presence-changes.ts";

/**
 * How one seed is run.
 *
 * @example
 * const options: SimulateSeedOptions = { isTold: true };
 */
export interface SimulateSeedOptions {
  /** Whether the story is to be told, line by line. @defaultValue false */
  recordLog?: boolean;
  /** How long faults last, in virtual ms. @defaultValue 60_000 */
  chaosMs?: number;
}

/**
 * What one seed came to.
 *
 * @example
 * const { brokenPromise } = simulateSeed(7);
 */
export interface SeedReport {
  /** What was given. */
  readonly seed: number;
  /** The first promise that was broken, if one was. */
  readonly brokenPromise: string | undefined;
  /** What happened, one line each, where that was asked for. */
  readonly log: readonly string[];
  /** Two runs with the same hash went the same way, message by message. */
  readonly hash: string;
  /** How long it was, in virtual ms. */
  readonly virtualMs: number;
  /** Messages that reached a tracker. */
  readonly deliveries: number;
  /** Joins that trackers told of. */
  readonly joins: number;
  /** How often each fault struck, and how many messages it concerned. */
  readonly faults: Readonly<Record<string, number>>;
}

/**
 * Runs a cluster of 2 to 7 nodes through about a virtual minute in which everything goes wrong that can, and which the
 * seed alone decides; then lets it heal, and looks whether all is as promised. What must hold at every step is looked
 * at at every step.
 *
 * @param seed Any whole number from 0.
 * @throws {InvalidArgumentError} for a seed that is none; it is a `TypeError`.
 * @example
 * for (let seed = 1; seed <= 100; seed++) {
 *   const { brokenPromise } = simulateSeed(seed);
 *   if (brokenPromise !== undefined) throw new Error(`Seed ${seed}: ${brokenPromise}`);
 * }
 */
export function simulateSeed(seed: number, options: SimulateSeedOptions = {}): SeedReport {
  const { recordLog = false, chaosMs = 60_000 } = options;
  const dice = new Dice(seed);
  const world = new ChaosCluster(
    new SimulatedCluster({
      seed: dice.integer(0, 0xffff_ffff),
      trackerOptions: anyOptions(dice),
      conditions: { delayMs: [dice.between(0, 2), dice.between(2, 25)] },
      recordLog,
    }),
    dice,
  );
  let brokenPromise: string | undefined;
  try {
    run(world, chaosMs);
  } catch (error) {
    if (!(error instanceof BrokenPromiseError)) throw error;
    brokenPromise = error.message;
  }
  return report(seed, world, brokenPromise);
}

/** Periods so short that in a minute there is time to be forgotten, at any ratio that is allowed. */
function anyOptions(dice: Dice): SimulatedTrackerOptions {
  const broadcastPeriodMs = dice.integer(300, 750);
  const maxSilentPeriods = dice.pick([0, 1, 1, 2, 2]);
  const least = 4 * (maxSilentPeriods + 1) * broadcastPeriodMs;
  const downPeriodMs = dice.chance(0.5) ? least : Math.round(least * dice.between(1, 1.5));
  return {
    broadcastPeriodMs,
    maxSilentPeriods,
    downPeriodMs,
    permdownPeriodMs: Math.round(downPeriodMs * dice.between(1.1, 2.5)),
    flushDelayMs: dice.pick([1, 10, 10, 25]),
    leaveDelayMs: dice.chance(0.5) ? 0 : dice.integer(100, 3_000),
  };
}

function run(world: ChaosCluster, chaosMs: number): void {
  const { cluster, dice } = world;
  const size = dice.pickWeighted([
    [2, 5],
    [3, 6],
    [4, 3],
    [5, 1],
    [6, 1],
    [7, 1],
  ]);
  world.maxNodes = Math.min(size + 1, 7);
  cluster.log.addLine("cluster", () => JSON.stringify(cluster.trackerOptions));
  world.startNode();
  for (let other = 1; other < size; other++) {
    world.schedule(dice.chance(0.5) ? 0 : dice.between(0, 3_000), () => world.startNode());
  }
  world.scheduleRepeatedly(dice.between(300, 1_500), () => changePresences(world));
  const mean = dice.between(800, 6_000);
  const names = Object.keys(FAULTS);
  world.scheduleRepeatedly(mean, () => {
    const name = dice.pick(names);
    world.countFault(name);
    FAULTS[name]!(world);
  });
  cluster.advance(chaosMs);
  heal(world);
  cluster.advance(Math.max(0, world.inFlightUntil - cluster.now));
  cluster.advance(healingMs(cluster));
  checkHealed(cluster);
  checkQuiet(cluster);
}

function heal(world: ChaosCluster): void {
  const { cluster, dice } = world;
  world.isChaosOver = true;
  cluster.log.addLine("cluster", () => "has no more faults from now on");
  cluster.setConditions(cluster.usualConditions);
  cluster.heal();
  for (const [label, { runtime }] of cluster.processes) if (runtime.isPaused) cluster.resume(label);
  for (const label of world.nodes.keys()) if (dice.chance(0.5)) world.restart(label);
}

function report(
  seed: number,
  { cluster, faults }: ChaosCluster,
  brokenPromise: string | undefined,
): SeedReport {
  const { lost, duplicated, delayed, late, reordered, cut, outage, unheard }: NetworkCounts =
    cluster.network.counts;
  return {
    seed,
    brokenPromise,
    log: cluster.log.lines,
    hash: cluster.log.hash,
    virtualMs: cluster.now,
    deliveries: cluster.traffic.heardCount,
    joins: cluster.ledger.joins,
    faults: {
      ...Object.fromEntries(Object.keys(FAULTS).map((name) => [name, faults.get(name) ?? 0])),
      "messages lost": lost,
      "messages duplicated": duplicated,
      "messages delayed": delayed,
      "messages late": late,
      "messages reordered": reordered,
      "messages cut off": cut,
      "messages in an outage": outage,
      "messages unheard": unheard,
      "messages of the dead": cluster.traffic.heardFromStopped,
    },
  };
}
