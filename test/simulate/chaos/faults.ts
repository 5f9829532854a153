import type { NetworkConditions, RangeMs } from "../../../src/testing/network/conditions.ts";
import type { ChaosCluster } from "./chaos-cluster.ts";
import { endManyOwners } from "./presence-changes.ts";
import { strangerSpeaks } from "./strangers.ts";

/** Causes a fault, once or for a while. */
export type Fault = (chaos: ChaosCluster) => void;

/** The faults that only some clusters have. They last so long that they would leave little time for the checks of others. */
export const LONG_FAULTS: Readonly<Record<string, Fault>> = {
  "slow bus": (chaos) => worsenConditions(chaos, { delayMs: slowDelayMs(chaos) }, slowFaultMs(chaos)),
};

/** The faults of every cluster by name. A seed chooses among them in this order. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  "loss on all links": (chaos) => worsenConditions(chaos, { lossRate: chaos.dice.between(0.05, 0.6) }),
  "duplication on all links": (chaos) =>
    worsenConditions(chaos, { duplicateRate: chaos.dice.between(0.05, 0.5) }),
  "slow links": (chaos) => worsenConditions(chaos, { delayMs: [0, chaos.dice.between(50, 1_500)] }),
  "reordering on all links": (chaos) =>
    worsenConditions(chaos, { delayMs: [0, chaos.dice.between(20, 400)], keepsOrder: false }),
  "late messages": (chaos) =>
    worsenConditions(chaos, {
      lateRate: chaos.dice.between(0.02, 0.2),
      lateMs: [1_000, chaos.dice.between(2_000, 40_000)],
    }),
  "lossy link": (chaos) =>
    onRandomLink(chaos, (from, to) => {
      const { dice, cluster } = chaos;
      cluster.setLink(from, to, { lossRate: dice.between(0.1, 0.9) });
      chaos.schedule(faultMs(chaos), () => cluster.setLink(from, to, { lossRate: 0 }));
    }),

  "slow link": (chaos) =>
    // In one of four cases a node receives its own messages late.
    chaos.dice.chance(0.25)
      ? onRandomNode(chaos, (label) => slowLink(chaos, label, label))
      : onRandomLink(chaos, (from, to) => slowLink(chaos, from, to)),

  "one-way cut": (chaos) => onRandomLink(chaos, (from, to) => cutFor(chaos, [[from, to]], faultMs(chaos))),
  "two-way cut": (chaos) =>
    onRandomLink(chaos, (from, to) =>
      cutFor(
        chaos,
        [
          [from, to],
          [to, from],
        ],
        faultMs(chaos),
      ),
    ),
  partition: (chaos) => partition(chaos, faultMs(chaos)),
  "partition past permdown": (chaos) =>
    partition(chaos, chaos.cluster.times.permdownPeriodMs * chaos.dice.between(1.05, 2)),
  flapping: (chaos) => onRandomNode(chaos, (label) => flap(chaos, label, chaos.dice.integer(3, 9))),

  "outage, reported": (chaos) => outage(chaos, true),
  "outage, not reported": (chaos) => outage(chaos, false),
  deafness: (chaos) => onRandomNode(chaos, (label) => chaos.cluster.deafen(label)),
  "echo lost": (chaos) => onRandomNode(chaos, (label) => cutFor(chaos, [[label, label]], faultMs(chaos))),

  pause: (chaos) =>
    onRandomNode(chaos, (label) => {
      chaos.cluster.pause(label);
      chaos.schedule(faultMs(chaos), () => chaos.cluster.resume(label));
    }),
  crash: (chaos) =>
    onRandomNode(chaos, (label) => {
      chaos.cluster.crash(label);
      chaos.schedule(faultMs(chaos), () => chaos.restart(label));
    }),
  "restart at once": (chaos) =>
    onRandomNode(chaos, (label) => {
      chaos.cluster.crash(label);
      chaos.restart(label);
    }),
  "second process of a name": (chaos) =>
    onRandomNode(chaos, (label) => {
      if (!chaos.hasRoom) return;
      const { name } = chaos.startNode(chaos.nodes.get(label)!.replicaName);
      chaos.schedule(faultMs(chaos), () => stop(chaos, name));
    }),
  "clock jump": (chaos) =>
    onRandomNode(chaos, (label) => {
      const { dice, cluster } = chaos;
      cluster.jumpWall(label, dice.between(-3_600_000, 3_600_000));
      if (dice.chance(0.5)) {
        cluster.crash(label);
        chaos.restart(label);
      }
    }),
  newcomer: (chaos) => {
    if (chaos.hasRoom) chaos.startNode();
  },
  close: (chaos) =>
    onRandomNode(chaos, (label) => {
      const { dice, cluster } = chaos;
      if (!cluster.processes.get(label)!.runtime.isRunning) return;
      cluster.close(label, dice.chance(0.3) ? { leave: true } : {});
      chaos.schedule(dice.chance(0.5) ? dice.between(0, 50) : faultMs(chaos), () => chaos.restart(label));
    }),
  "burst of ends": endManyOwners,
  stranger: strangerSpeaks,
};

/** How long a fault lasts: a moment, about as long as `downPeriodMs`, or about as long as `permdownPeriodMs`. */
function faultMs({ dice, cluster: { times } }: ChaosCluster): number {
  return dice.pickWeighted([
    [dice.between(1, times.broadcastPeriodMs), 2],
    [dice.between(1, times.downPeriodMs), 4],
    [dice.between(0.9, 1.3) * times.downPeriodMs, 3],
    [dice.between(0.9, 1.5) * times.permdownPeriodMs, 2],
  ]);
}

function onRandomNode({ dice, liveLabels }: ChaosCluster, apply: (label: string) => void): void {
  if (liveLabels.length > 0) apply(dice.pick(liveLabels));
}

function onRandomLink({ dice, liveLabels }: ChaosCluster, apply: (from: string, to: string) => void): void {
  if (liveLabels.length < 2) return;
  const from = dice.pick(liveLabels);
  apply(from, dice.pick(liveLabels.filter((label) => label !== from)));
}

function worsenConditions(
  chaos: ChaosCluster,
  conditions: Partial<NetworkConditions>,
  durationMs: number = chaos.dice.between(500, 15_000),
): void {
  const { cluster } = chaos;
  const usual = cluster.usualConditions;
  cluster.setConditions(conditions);
  chaos.schedule(durationMs, () =>
    cluster.setConditions(
      Object.fromEntries(
        Object.keys(conditions).map((name) => [name, usual[name as keyof NetworkConditions]]),
      ),
    ),
  );
}

/** A range of delays of up to 30 s: all messages take about as long, or each takes a time of its own. */
function slowDelayMs({ dice }: ChaosCluster): RangeMs {
  const most = dice.between(1_000, 30_000);
  return [dice.chance(0.5) ? 0.95 * most : dice.between(0, most), most];
}

function slowFaultMs({ dice }: ChaosCluster): number {
  return dice.between(2_000, 30_000);
}

function slowLink(chaos: ChaosCluster, from: string, to: string): void {
  const { cluster } = chaos;
  const delayMs = slowDelayMs(chaos);
  const durationMs = slowFaultMs(chaos);
  cluster.setLink(from, to, { delayMs });
  chaos.schedule(durationMs, () => cluster.setLink(from, to, { delayMs: cluster.usualConditions.delayMs }));
}

function cutFor(
  chaos: ChaosCluster,
  directions: readonly (readonly [from: string, to: string])[],
  durationMs: number,
): void {
  for (const [from, to] of directions) chaos.cluster.cut(from, to);
  chaos.schedule(durationMs, () => {
    for (const [from, to] of directions) chaos.cluster.heal(from, to);
  });
}

function partition(chaos: ChaosCluster, durationMs: number): void {
  const sides = chaos.liveLabels.map((label) => ({ label, side: chaos.dice.integer(0, 1) }));
  const directions = sides.flatMap((from) =>
    sides.filter(({ side }) => side !== from.side).map((to) => [from.label, to.label] as const),
  );
  cutFor(chaos, directions, durationMs);
}

function flap(chaos: ChaosCluster, label: string, times: number): void {
  const { dice, cluster } = chaos;
  if (times === 0 || !cluster.processes.has(label)) return;
  cluster.isolate(label);
  chaos.schedule(dice.between(0.05, 1.2) * cluster.times.downPeriodMs, () => {
    cluster.heal(label);
    chaos.schedule(dice.between(1, 1_500), () => flap(chaos, label, times - 1));
  });
}

function outage(chaos: ChaosCluster, isReported: boolean): void {
  onRandomNode(chaos, (label) => {
    chaos.cluster.disconnect(label, { told: isReported, publishThrows: chaos.dice.chance(0.5) });
    chaos.schedule(faultMs(chaos), () => chaos.cluster.reconnect(label));
  });
}

function stop({ dice, cluster }: ChaosCluster, label: string): void {
  const { runtime } = cluster.processes.get(label) ?? {};
  if (runtime === undefined) return;
  if (runtime.isPaused || dice.chance(0.5)) cluster.crash(label);
  else cluster.close(label, {});
}
