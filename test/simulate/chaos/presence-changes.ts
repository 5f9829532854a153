import type { Meta } from "../../../src/payload.ts";
import type { SimulatedNode } from "../../../src/testing/simulation/simulated-node.ts";
import type { Dice } from "../../support/dice.ts";
import type { ChaosCluster } from "./chaos-cluster.ts";

/** Few, so that they meet; some with names that are properties of every object. */
const TOPICS = ["lobby", "article:7", "__proto__"];
const KEYS = ["alice", "bob", "carol", "dave", "constructor"];
const OWNERS = ["socket 1", "socket 2", "socket 3", "socket 4"];

/** More a node does not hold: what is held is compared again and again. */
const MOST_HELD = 12;

/** One change that somebody makes somewhere. */
export function changePresences(world: ChaosCluster): void {
  const { dice, running } = world;
  if (running.length === 0) return;
  const { label, ownedPresences } = dice.pick(running);
  const node = world.nodes.get(label)!;
  const owner = dice.pick(OWNERS);
  const held = [...ownedPresences.held];
  const action = dice.pickWeighted([
    [track, held.length < MOST_HELD ? 5 : 0.1],
    [change, held.length > 0 ? 3 : 0],
    [refuse, held.length > 0 ? 0.5 : 0],
    [leave, held.length > 0 ? 1.5 : 0],
    [(world: ChaosCluster, { node }: Scene) => node.untrack(world.dice.pick(OWNERS)), 0.5],
    [end, 1.5],
  ]);
  action(world, { node, owner });
}

interface Scene {
  readonly node: SimulatedNode;
  readonly owner: string;
}

function track({ dice, cluster }: ChaosCluster, { node, owner }: Scene): void {
  const topic = dice.pick(TOPICS);
  const key = dice.pick(KEYS);
  const { ownedPresences } = cluster.processes.get(node.name)!;
  if (ownedPresences.get(owner, topic, key) === undefined) node.track(owner, topic, key, anyMeta(dice));
}

function change({ dice, cluster }: ChaosCluster, { node }: Scene): void {
  const { owner, topic, key } = dice.pick([...cluster.processes.get(node.name)!.ownedPresences.held]);
  const times = dice.chance(0.2) ? 3 : 1;
  for (let time = 0; time < times; time++) node.update(owner, topic, key, anyMeta(dice));
}

function leave({ dice, cluster }: ChaosCluster, { node }: Scene): void {
  const { owner, topic, key } = dice.pick([...cluster.processes.get(node.name)!.ownedPresences.held]);
  node.untrack(owner, topic, key);
  // At once again: an old and a new presence of the same three names.
  if (dice.chance(0.3)) node.track(owner, topic, key, anyMeta(dice));
}

function end({ dice }: ChaosCluster, { node, owner }: Scene): void {
  node.end(owner);
  if (dice.chance(0.3)) node.track(owner, dice.pick(TOPICS), dice.pick(KEYS), anyMeta(dice));
}

/** What must not work, and must change nothing. */
function refuse({ dice, cluster }: ChaosCluster, { node }: Scene): void {
  const { ownedPresences } = cluster.processes.get(node.name)!;
  const { owner, topic, key } = dice.pick([...ownedPresences.held]);
  try {
    node.tracker.track(owner, topic, key, {});
  } catch (error) {
    if ((error as { code?: string }).code === "ALREADY_TRACKED") return;
    throw error;
  }
  cluster.reportBrokenPromise(node.name, `tracked ${key} in ${topic} for ${owner}, who holds it`);
}

function anyMeta(dice: Dice): Meta {
  return dice.pickWeighted<Meta>([
    [{}, 1],
    [{ device: "phone" }, 2],
    [{ at: dice.integer(1, 1_000_000) }, 4],
    [{ device: "laptop", seen: [1, 2, { typing: true }], about: "é".repeat(dice.integer(1, 60)) }, 1],
  ]);
}

/** Many owners of one node end at the same moment. */
export function endManyOwners(world: ChaosCluster): void {
  const { dice, running } = world;
  if (running.length === 0) return;
  const { label } = dice.pick(running);
  const node = world.nodes.get(label)!;
  for (const owner of OWNERS) {
    if (dice.chance(0.7)) node.end(owner);
    else node.untrack(owner);
  }
  if (!dice.chance(0.5)) return;
  for (const owner of OWNERS) node.track(owner, dice.pick(TOPICS), dice.pick(KEYS), anyMeta(dice));
}
