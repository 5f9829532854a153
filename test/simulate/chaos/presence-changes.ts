import type { Meta } from "../../../src/payload.ts";
import type { SimulatedNode } from "../../../src/testing/simulation/simulated-node.ts";
import type { Dice } from "../../support/dice.ts";
import type { ChaosCluster } from "./chaos-cluster.ts";

/** Few names, so that several nodes use the same ones. Some are the names of properties that every object has. */
const TOPICS = ["lobby", "article:7", "__proto__"];
/** All of them are counted, where counts replicate. */
export const KEYS: readonly string[] = ["alice", "bob", "carol", "dave", "constructor"];
const OWNERS = ["socket 1", "socket 2", "socket 3", "socket 4"];

/** A node rarely holds more presences than this, because the checks compare them after each step. */
const MAX_HELD = 12;

/** Changes a presence of one node at random. */
export function changePresences(chaos: ChaosCluster): void {
  const { dice, running } = chaos;
  if (running.length === 0) return;
  const { label, ownedPresences } = dice.pick(running);
  const node = chaos.nodes.get(label)!;
  const owner = dice.pick(OWNERS);
  const held = [...ownedPresences.held];
  const action = dice.pickWeighted([
    [track, held.length < MAX_HELD ? 5 : 0.1],
    [update, held.length > 0 ? 3 : 0],
    [trackTwice, held.length > 0 ? 0.5 : 0],
    [leave, held.length > 0 ? 1.5 : 0],
    [(chaos: ChaosCluster, { node }: Caller) => node.untrack(chaos.dice.pick(OWNERS)), 0.5],
    [end, 1.5],
  ]);
  action(chaos, { node, owner });
}

interface Caller {
  readonly node: SimulatedNode;
  readonly owner: string;
}

function track({ dice, cluster }: ChaosCluster, { node, owner }: Caller): void {
  const topic = dice.pick(TOPICS);
  const key = dice.pick(KEYS);
  const { ownedPresences } = cluster.processes.get(node.name)!;
  if (ownedPresences.get(owner, topic, key) === undefined) node.track(owner, topic, key, anyMeta(dice));
}

function update({ dice, cluster }: ChaosCluster, { node }: Caller): void {
  const { owner, topic, key } = dice.pick([...cluster.processes.get(node.name)!.ownedPresences.held]);
  const updates = dice.chance(0.2) ? 3 : 1;
  for (let count = 0; count < updates; count++) node.update(owner, topic, key, anyMeta(dice));
}

function leave({ dice, cluster }: ChaosCluster, { node }: Caller): void {
  const { owner, topic, key } = dice.pick([...cluster.processes.get(node.name)!.ownedPresences.held]);
  node.untrack(owner, topic, key);
  // Tracked again at once: an old and a new presence have the same owner, topic and key.
  if (dice.chance(0.3)) node.track(owner, topic, key, anyMeta(dice));
}

function end({ dice }: ChaosCluster, { node, owner }: Caller): void {
  node.end(owner);
  if (dice.chance(0.3)) node.track(owner, dice.pick(TOPICS), dice.pick(KEYS), anyMeta(dice));
}

/** Tracks a presence a second time, which the tracker must refuse without any change. */
function trackTwice({ dice, cluster }: ChaosCluster, { node }: Caller): void {
  const { ownedPresences, calls } = cluster.processes.get(node.name)!;
  const { owner, topic, key } = dice.pick([...ownedPresences.held]);
  try {
    calls.track(owner, topic, key, {});
  } catch (error) {
    if ((error as { code?: string }).code === "ALREADY_TRACKED") return;
    throw error;
  }
  cluster.reportBrokenPromise(node.name, `tracked ${key} in ${topic} for ${owner}, which already holds it`);
}

function anyMeta(dice: Dice): Meta {
  return dice.pickWeighted<Meta>([
    [{}, 1],
    [{ device: "phone" }, 2],
    [{ at: dice.integer(1, 1_000_000) }, 4],
    [{ device: "laptop", seen: [1, 2, { typing: true }], about: "é".repeat(dice.integer(1, 60)) }, 1],
  ]);
}

/** Ends many owners of one node at the same time. */
export function endManyOwners(chaos: ChaosCluster): void {
  const { dice, running } = chaos;
  if (running.length === 0) return;
  const { label } = dice.pick(running);
  const node = chaos.nodes.get(label)!;
  for (const owner of OWNERS) {
    if (dice.chance(0.7)) node.end(owner);
    else node.untrack(owner);
  }
  if (!dice.chance(0.5)) return;
  for (const owner of OWNERS) node.track(owner, dice.pick(TOPICS), dice.pick(KEYS), anyMeta(dice));
}
