import { countOnly } from "../../../src/presence/count-only.ts";
import type { NetworkCounts } from "../../../src/testing/network/links.ts";
import { BrokenPromiseError } from "../../../src/testing/simulation/broken-promise-error.ts";
import { SimulatedCluster } from "../../../src/testing/simulation/simulated-cluster.ts";
import {
  type SimulatedTrackerOptions,
  type TrackerTimes,
  trackerTimesOf,
} from "../../../src/testing/simulation/tracker-times.ts";
import { Dice } from "../../support/dice.ts";
import { ChaosCluster } from "./chaos-cluster.ts";
import { FAULTS, type Fault, LONG_FAULTS } from "./faults.ts";
import { checkHealed, checkQuiet, healingMs, waitUntilAllHear } from "./healed-checks.ts";
import { changePresences, KEYS } from "./presence-changes.ts";
import { DEED_NAMES, SECRET } from "./strangers.ts";

export interface SimulateSeedOptions {
  /** Whether to record what happens, as text. @defaultValue false */
  recordLog?: boolean;
  /** What the nodes replicate. @defaultValue `"presences"` */
  replicate?: "presences" | "counts";
  /** How long the time of random faults is, in virtual ms. @defaultValue 60_000 */
  chaosMs?: number;
}

/** The result of one seed. */
export interface SeedReport {
  readonly seed: number;
  /** The first broken promise, if there is one. */
  readonly brokenPromise: string | undefined;
  /** The events, one line each. Empty without `recordLog`. */
  readonly log: readonly string[];
  /** Two runs with the same hash had the same messages at the same times. */
  readonly hash: string;
  /** How long the run was, in virtual ms. */
  readonly virtualMs: number;
  /** Messages that reached a tracker. */
  readonly deliveries: number;
  /** Joins that trackers reported. */
  readonly joins: number;
  /** Presences that newcomers superseded while they waited. */
  readonly earlyLeaves: number;
  /** How often each fault occurred, and how many messages were affected. */
  readonly faults: Readonly<Record<string, number>>;
}

/**
 * Runs a cluster of 2 to 7 nodes through about a virtual minute of random faults, then lets it heal and checks it. The seed
 * decides everything. The checks that must hold at any time run during the whole minute.
 *
 * @param seed An integer of at least 0.
 */
export function simulateSeed(seed: number, options: SimulateSeedOptions = {}): SeedReport {
  const { recordLog = false, chaosMs = 60_000, replicate = "presences" } = options;
  const dice = new Dice(seed);
  const clusterSeed = dice.integer(0, 0xffff_ffff);
  const trackerOptions: SimulatedTrackerOptions = {
    ...randomTrackerOptions(dice),
    ...(replicate === "counts" && { replicate, fetch: countOnly(...KEYS) }),
  };
  const chaos = new ChaosCluster(
    new SimulatedCluster({
      seed: clusterSeed,
      trackerOptions,
      optionsOf: randomOwnOptions(trackerTimesOf(trackerOptions), new Dice(seed + 0x5eed_0000)),
      conditions: { delayMs: [dice.between(0, 2), dice.between(2, 25)] },
      recordLog,
    }),
    dice,
  );
  let brokenPromise: string | undefined;
  try {
    runChaos(chaos, chaosMs);
  } catch (error) {
    if (!(error instanceof BrokenPromiseError)) throw error;
    brokenPromise = error.message;
  }
  return report(seed, chaos, brokenPromise);
}

/** Periods in any allowed ratio, and so short that a replica can be forgotten within a minute. */
function randomTrackerOptions(dice: Dice): SimulatedTrackerOptions {
  const broadcastPeriodMs = dice.integer(300, 750);
  const maxSilentPeriods = dice.pick([0, 1, 1, 2, 2]);
  const minDownPeriodMs = 4 * (maxSilentPeriods + 1) * broadcastPeriodMs;
  const downPeriodMs = dice.chance(0.5)
    ? minDownPeriodMs
    : Math.round(minDownPeriodMs * dice.between(1, 1.5));
  return {
    broadcastPeriodMs,
    maxSilentPeriods,
    downPeriodMs,
    permdownPeriodMs: Math.round(downPeriodMs * dice.between(1.1, 2.5)),
    flushDelayMs: dice.pick([1, 10, 10, 25]),
    leaveDelayMs: dice.chance(0.5) ? 0 : dice.integer(100, 3_000),
    // Signing takes time, so a few clusters do it.
    ...(dice.chance(0.2) && { secret: SECRET }),
  };
}

/**
 * In one cluster of four, each start of a node chooses periods of its own, up to eight times as long, as if a deploy changed
 * them again and again. It has dice of its own, so the other clusters do not depend on it.
 */
function randomOwnOptions(times: TrackerTimes, dice: Dice): () => SimulatedTrackerOptions {
  if (!dice.chance(0.25)) return () => ({});
  return () => {
    const longer = dice.pick([1, 1, 2, 4]);
    const broadcastPeriodMs = longer * times.broadcastPeriodMs;
    const maxSilentPeriods = dice.pick([0, 1, 2, times.maxSilentPeriods]);
    const minDownPeriodMs = 4 * (maxSilentPeriods + 1) * broadcastPeriodMs;
    const downPeriodMs = Math.max(minDownPeriodMs, longer * times.downPeriodMs);
    const permdownPeriodMs = Math.max(times.permdownPeriodMs, Math.round(1.1 * downPeriodMs));
    return { broadcastPeriodMs, maxSilentPeriods, downPeriodMs, permdownPeriodMs };
  };
}

const ALL_FAULTS: Readonly<Record<string, Fault>> = { ...FAULTS, ...LONG_FAULTS };

function runChaos(chaos: ChaosCluster, chaosMs: number): void {
  const { cluster, dice } = chaos;
  const size = dice.pickWeighted([
    [2, 5],
    [3, 6],
    [4, 3],
    [5, 1],
    [6, 1],
    [7, 1],
  ]);
  chaos.maxNodes = Math.min(size + 1, 7);
  cluster.log.addLine("cluster", () => JSON.stringify(cluster.trackerOptions));
  chaos.startNode();
  for (let other = 1; other < size; other++) {
    chaos.schedule(dice.chance(0.5) ? 0 : dice.between(0, 3_000), () => chaos.startNode());
  }
  chaos.scheduleRepeatedly(dice.between(300, 1_500), () => changePresences(chaos));
  const mean = dice.between(800, 6_000);
  const faults: Readonly<Record<string, Fault>> = dice.chance(0.25) ? ALL_FAULTS : FAULTS;
  const names = Object.keys(faults);
  chaos.scheduleRepeatedly(mean, () => {
    const name = dice.pick(names);
    chaos.countFault(name);
    faults[name]!(chaos);
  });
  cluster.advance(chaosMs);
  heal(chaos);
  // A message of a node that is gone makes it come up again, however late it arrives.
  cluster.advance(Math.max(0, cluster.network.allArrivedAt - cluster.now));
  waitUntilAllHear(cluster);
  cluster.advance(healingMs(cluster));
  checkHealed(cluster);
  checkQuiet(cluster);
}

function heal(chaos: ChaosCluster): void {
  const { cluster, dice } = chaos;
  chaos.isChaosOver = true;
  cluster.log.addLine("cluster", () => "has no more faults");
  cluster.setConditions(cluster.usualConditions);
  cluster.heal();
  for (const [label, { runtime }] of cluster.processes) if (runtime.isPaused) cluster.resume(label);
  for (const label of chaos.nodes.keys()) if (dice.chance(0.5)) chaos.restart(label);
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
    deliveries: cluster.messages.receivedCount,
    joins: cluster.ledger.joins,
    earlyLeaves: cluster.earlyLeaves.count,
    faults: {
      ...Object.fromEntries(
        [...Object.keys(ALL_FAULTS), ...DEED_NAMES].map((name) => [name, faults.get(name) ?? 0]),
      ),
      "messages lost": lost,
      "messages duplicated": duplicated,
      "messages delayed": delayed,
      "messages late": late,
      "messages reordered": reordered,
      "messages stopped by a cut": cut,
      "messages stopped by an outage": outage,
      "messages to a deaf node": unheard,
      "messages of stopped processes": cluster.messages.receivedFromStopped,
    },
  };
}
