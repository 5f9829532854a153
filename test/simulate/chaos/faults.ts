import type { NetworkConditions } from "../../../src/testing/network/conditions.ts";
import type { ChaosCluster } from "./chaos-cluster.ts";
import { endManyOwners } from "./presence-changes.ts";

/** Something that goes wrong, for a while or once. */
export type Fault = (world: ChaosCluster) => void;

/** Everything that goes wrong in chaos, by name. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  "loss on all links": (world) => worsen(world, { lossRate: world.dice.between(0.05, 0.6) }),
  "duplication on all links": (world) => worsen(world, { duplicateRate: world.dice.between(0.05, 0.5) }),
  "slow links": (world) => worsen(world, { delayMs: [0, world.dice.between(50, 1_500)] }),
  "reordering on all links": (world) =>
    worsen(world, { delayMs: [0, world.dice.between(20, 400)], keepsOrder: false }),
  "late messages": (world) =>
    worsen(world, {
      lateRate: world.dice.between(0.02, 0.2),
      lateMs: [1_000, world.dice.between(2_000, 40_000)],
    }),
  "lossy link": (world) =>
    between(world, (from, to) => {
      const { dice, cluster } = world;
      cluster.setLink(from, to, { lossRate: dice.between(0.1, 0.9) });
      world.schedule(span(world), () => cluster.setLink(from, to, { lossRate: 0 }));
    }),

  "one-way cut": (world) => between(world, (from, to) => cutFor(world, [[from, to]], span(world))),
  "two-way cut": (world) =>
    between(world, (from, to) =>
      cutFor(
        world,
        [
          [from, to],
          [to, from],
        ],
        span(world),
      ),
    ),
  partition: (world) => part(world, span(world)),
  "partition past permdown": (world) =>
    part(world, world.cluster.times.permdownPeriodMs * world.dice.between(1.05, 2)),
  flapping: (world) => one(world, (label) => flap(world, label, world.dice.integer(3, 9))),

  "outage, told": (world) => outage(world, true),
  "outage, untold": (world) => outage(world, false),
  deafness: (world) => one(world, (label) => world.cluster.deafen(label)),
  "echo lost": (world) => one(world, (label) => cutFor(world, [[label, label]], span(world))),

  pause: (world) =>
    one(world, (label) => {
      world.cluster.pause(label);
      world.schedule(span(world), () => world.cluster.resume(label));
    }),
  crash: (world) =>
    one(world, (label) => {
      world.cluster.crash(label);
      world.schedule(span(world), () => world.restart(label));
    }),
  "restart at once": (world) =>
    one(world, (label) => {
      world.cluster.crash(label);
      world.restart(label);
    }),
  "second process of a name": (world) =>
    one(world, (label) => {
      if (!world.hasRoom) return;
      const { name } = world.startNode(world.nodes.get(label)!.replicaName);
      world.schedule(span(world), () => stop(world, name));
    }),
  "clock jump": (world) =>
    one(world, (label) => {
      const { dice, cluster } = world;
      cluster.jumpWall(label, dice.between(-3_600_000, 3_600_000));
      if (dice.chance(0.5)) {
        cluster.crash(label);
        world.restart(label);
      }
    }),
  newcomer: (world) => {
    if (world.hasRoom) world.startNode();
  },
  close: (world) =>
    one(world, (label) => {
      const { dice, cluster } = world;
      if (!cluster.processes.get(label)!.runtime.isRunning) return;
      cluster.close(label, dice.chance(0.3) ? { leave: true } : {});
      world.schedule(dice.chance(0.5) ? dice.between(0, 50) : span(world), () => world.restart(label));
    }),
  "burst of ends": endManyOwners,
};

/** How long a fault lasts: a moment, about as long as it takes to be down, or longer than to be forgotten. */
function span({ dice, cluster: { times } }: ChaosCluster): number {
  return dice.pickWeighted([
    [dice.between(1, times.broadcastPeriodMs), 2],
    [dice.between(1, times.downPeriodMs), 4],
    [dice.between(0.9, 1.3) * times.downPeriodMs, 3],
    [dice.between(0.9, 1.5) * times.permdownPeriodMs, 2],
  ]);
}

function one({ dice, living }: ChaosCluster, happen: (label: string) => void): void {
  if (living.length > 0) happen(dice.pick(living));
}

function between({ dice, living }: ChaosCluster, happen: (from: string, to: string) => void): void {
  if (living.length < 2) return;
  const from = dice.pick(living);
  happen(from, dice.pick(living.filter((label) => label !== from)));
}

function worsen(world: ChaosCluster, conditions: Partial<NetworkConditions>): void {
  const { cluster } = world;
  const usual = cluster.usualConditions;
  const lastsMs = world.dice.between(500, 15_000);
  cluster.setConditions(conditions);
  const longest = (conditions.delayMs?.[1] ?? 0) + (conditions.lateMs?.[1] ?? 0);
  world.inFlightUntil = Math.max(world.inFlightUntil, cluster.now + lastsMs + longest);
  world.schedule(lastsMs, () =>
    cluster.setConditions(
      Object.fromEntries(
        Object.keys(conditions).map((name) => [name, usual[name as keyof NetworkConditions]]),
      ),
    ),
  );
}

function cutFor(
  world: ChaosCluster,
  ways: readonly (readonly [from: string, to: string])[],
  lastsMs: number,
): void {
  for (const [from, to] of ways) world.cluster.cut(from, to);
  world.schedule(lastsMs, () => {
    for (const [from, to] of ways) world.cluster.heal(from, to);
  });
}

function part(world: ChaosCluster, lastsMs: number): void {
  const sides = world.living.map((label) => ({ label, side: world.dice.integer(0, 1) }));
  const ways = sides.flatMap((from) =>
    sides.filter(({ side }) => side !== from.side).map((to) => [from.label, to.label] as const),
  );
  cutFor(world, ways, lastsMs);
}

function flap(world: ChaosCluster, label: string, times: number): void {
  const { dice, cluster } = world;
  if (times === 0 || !cluster.processes.has(label)) return;
  cluster.isolate(label);
  world.schedule(dice.between(0.05, 1.2) * cluster.times.downPeriodMs, () => {
    cluster.heal(label);
    world.schedule(dice.between(1, 1_500), () => flap(world, label, times - 1));
  });
}

function outage(world: ChaosCluster, told: boolean): void {
  one(world, (label) => {
    world.cluster.disconnect(label, { told, publishThrows: world.dice.chance(0.5) });
    world.schedule(span(world), () => world.cluster.reconnect(label));
  });
}

function stop({ dice, cluster }: ChaosCluster, label: string): void {
  const { runtime } = cluster.processes.get(label) ?? {};
  if (runtime === undefined) return;
  if (runtime.isPaused || dice.chance(0.5)) cluster.crash(label);
  else cluster.close(label, {});
}
