import { setImmediate as delivered } from "node:timers/promises";
import { expect, it } from "vitest";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import type { PubSub } from "../../../src/pubsub/pubsub.ts";
import { manualClock } from "../../../src/testing/manual-clock.ts";
import { lossyNetwork } from "../../../src/testing/network/lossy-network.ts";
import type { Tracker } from "../../../src/tracker/tracker.ts";
import { CURRENT_VERSION, createTrackerSpeaking } from "../../support/protocol-versions.ts";

const periods = { broadcastPeriodMs: 1_000, downPeriodMs: 20_000, permdownPeriodMs: 60_000 };

/** A cluster of nodes of several releases, their warnings, and the protocol versions that they write. */
function mixedCluster() {
  const [pubsub, clock] = [memoryPubSub(), manualClock()];
  const network = lossyNetwork({ clock });
  const versions = new Set<number>();
  const warnings: string[] = [];
  void network.wrap("spy", pubsub).subscribe("rollcall:all", (bytes) => void versions.add(bytes[0]!));
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      await delivered();
    }
  };
  return {
    network,
    warnings,
    async node(replicaName: string, ...versions: [number, number?]): Promise<Tracker> {
      const line = network.wrap(replicaName, pubsub);
      const node = await createTrackerSpeaking(versions, { pubsub: line, clock, replicaName, ...periods });
      node.on("warning", ({ code }) => warnings.push(`${replicaName}: ${code}`));
      return node;
    },
    pass,
    /** The versions of all messages published during the next `ms`. */
    async versionsWrittenDuring(ms: number): Promise<number[]> {
      versions.clear();
      await pass(ms);
      return [...versions].sort();
    },
  };
}

const keysOf = (node: Tracker) => node.list("lobby").map(([key]) => key);

it.each<[string, ours: [number, number?], theirs: [number, number?]]>([
  ["the version before", [CURRENT_VERSION, CURRENT_VERSION - 1], [CURRENT_VERSION - 1]],
  ["the version after", [CURRENT_VERSION], [CURRENT_VERSION + 1, CURRENT_VERSION]],
])("a node works with a node of %s and writes only what it can read", async (_, ours, theirs) => {
  const { node, pass, versionsWrittenDuring, warnings } = mixedCluster();
  const [tokyo, paris] = [await node("tokyo", ...ours), await node("paris", ...theirs)];
  tokyo.track("session", "lobby", "alice");
  paris.track("session", "lobby", "bob");
  await pass(2_000);
  expect(keysOf(tokyo)).toEqual(["alice", "bob"]);
  expect(keysOf(paris)).toEqual(["bob", "alice"]);
  expect(await versionsWrittenDuring(60_000)).toEqual([
    Math.min(...(ours as number[]), ...(theirs as number[])),
  ]);
  tokyo.track("session", "lobby", "carol");
  paris.untrack("session");
  await pass(2_000);
  expect([keysOf(tokyo), keysOf(paris)]).toEqual([
    ["alice", "carol"],
    ["alice", "carol"],
  ]);
  expect(warnings).toEqual([]);
});

it("all nodes return to the newest version when no older node is left", async () => {
  const { node, pass, versionsWrittenDuring, warnings } = mixedCluster();
  const old = await node("oslo", CURRENT_VERSION);
  const [tokyo, paris] = [
    await node("tokyo", CURRENT_VERSION + 1, CURRENT_VERSION),
    await node("paris", CURRENT_VERSION + 1, CURRENT_VERSION),
  ];
  tokyo.track("session", "lobby", "alice");
  await pass(periods.downPeriodMs * 2);
  void old.close();
  await pass(periods.downPeriodMs * 2);
  expect(await versionsWrittenDuring(10_000)).toEqual([CURRENT_VERSION + 1]);
  const lima = await node("lima", CURRENT_VERSION + 1, CURRENT_VERSION);
  await pass(1_000);
  expect([paris, lima].map(keysOf)).toEqual([["alice"], ["alice"]]);
  expect(warnings).toEqual([]);
});

it("a cluster is upgraded node by node, and no user who stays disappears", async () => {
  const { node, pass, versionsWrittenDuring, warnings } = mixedCluster();
  const names = ["tokyo", "paris", "lima"];
  const nodes = await Promise.all(names.map((name) => node(name, CURRENT_VERSION)));
  let absences = 0;
  const watch = (node: Tracker) =>
    node.on("diff", () => (absences += node.count("lobby", "alice") > 0 ? 0 : 1));
  for (const each of nodes) watch(each);
  await pass(5_000);
  for (const [at, name] of names.entries()) {
    const next = nodes[(at + 1) % nodes.length]!;
    // The user is on the next node before its node closes, like a client that reconnects within `leaveDelayMs`.
    next.track("visitor", "lobby", "alice");
    await pass(1_000);
    const former = nodes[at]!;
    former.untrack("visitor");
    void former.close({ leave: true });
    await pass(1_000);
    nodes[at] = await node(name, CURRENT_VERSION + 1, CURRENT_VERSION);
    watch(nodes[at]);
    await pass(5_000);
    for (const each of nodes) expect(each.count("lobby", "alice")).toBe(1);
  }
  await pass(periods.downPeriodMs * 2);
  expect(await versionsWrittenDuring(10_000)).toEqual([CURRENT_VERSION + 1]);
  expect([absences, warnings]).toEqual([0, []]);
});

it("a message that arrives during createTracker is warned of once listeners can exist", async () => {
  const [pubsub, clock] = [memoryPubSub(), manualClock()];
  const strange = await createTrackerSpeaking([CURRENT_VERSION + 1], { pubsub, clock, ...periods });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      await delivered();
    }
  };
  let heard = 0;
  const subscribe: PubSub["subscribe"] = async (topic, listener) => {
    await pubsub.subscribe(topic, (bytes) => {
      heard++;
      listener(bytes);
    });
    await pass(10_000);
  };
  const tokyo = await createTrackerSpeaking([CURRENT_VERSION], {
    pubsub: { ...pubsub, subscribe },
    clock,
    ...periods,
  });
  const warnings: string[] = [];
  tokyo.on("warning", ({ code }) => warnings.push(code));
  expect(heard).toBeGreaterThan(0);
  expect(warnings).toEqual([]);
  await pass(10_000);
  expect([warnings, strange.replicas().length]).toEqual([["FOREIGN_VERSION"], 1]);
});

it("after an outage longer than downPeriodMs a node writes only what an older node can read", async () => {
  const { network, node, pass, warnings } = mixedCluster();
  const [oslo, tokyo] = [
    await node("oslo", CURRENT_VERSION),
    await node("tokyo", CURRENT_VERSION + 1, CURRENT_VERSION),
  ];
  await pass(periods.downPeriodMs * 2);
  for (const name of ["oslo", "tokyo"]) network.disconnect(name);
  await pass(periods.downPeriodMs * 2);
  network.reconnect("tokyo");
  // By then it has received its own messages again, but no other.
  await pass(2_000);
  network.setLink("oslo", "tokyo", { delayMs: [2_000, 2_000] });
  network.reconnect("oslo");
  tokyo.track("session", "lobby", "alice");
  await pass(1_000);
  expect(keysOf(oslo)).toEqual(["alice"]);
  await pass(10_000);
  expect(warnings).toEqual([]);
});

it("a node that receives nothing is still understood by an older node that receives it", async () => {
  const { network, node, pass, warnings } = mixedCluster();
  const [oslo, tokyo] = [
    await node("oslo", CURRENT_VERSION),
    await node("tokyo", CURRENT_VERSION + 1, CURRENT_VERSION),
  ];
  tokyo.track("session", "lobby", "alice");
  await pass(periods.downPeriodMs * 2);
  for (const name of ["oslo", "tokyo"]) network.cut(name, "tokyo");
  await pass(periods.downPeriodMs * 4);
  expect(keysOf(oslo)).toEqual(["alice"]);
  // It also says that it does not hear.
  expect(warnings).toEqual(["tokyo: RESUBSCRIBING"]);
});

it("a node of an unknown version causes one warning and no harm", async () => {
  const { node, pass, warnings } = mixedCluster();
  const [tokyo, paris] = [await node("tokyo", CURRENT_VERSION), await node("paris", CURRENT_VERSION)];
  const strange = await node("strange", CURRENT_VERSION + 2);
  tokyo.track("session", "lobby", "alice");
  strange.track("session", "lobby", "mallory");
  await pass(periods.downPeriodMs * 3);
  expect([tokyo, paris].map(keysOf)).toEqual([["alice"], ["alice"]]);
  expect([tokyo, paris].map((each) => each.replicas().length)).toEqual([2, 2]);
  expect(warnings.sort()).toEqual([
    "paris: FOREIGN_VERSION",
    "strange: FOREIGN_VERSION",
    "tokyo: FOREIGN_VERSION",
  ]);
});
