import { setImmediate as delivered } from "node:timers/promises";
import { expect, it } from "vitest";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import type { PubSub } from "../../../src/pubsub/pubsub.ts";
import { manualClock } from "../../../src/testing/manual-clock.ts";
import { lossyNetwork } from "../../../src/testing/network/lossy-network.ts";
import type { Tracker } from "../../../src/tracker/tracker.ts";
import { CURRENT_VERSION, createTrackerSpeaking } from "../../support/protocol-versions.ts";

const periods = { broadcastPeriodMs: 1_000, downPeriodMs: 20_000, permdownPeriodMs: 60_000 };

/** Nodes of several releases on one bus, what each was warned of, and in which versions they have spoken of late. */
function scene() {
  const [pubsub, clock] = [memoryPubSub(), manualClock()];
  const network = lossyNetwork({ clock });
  const spoken = new Set<number>();
  const warnings: string[] = [];
  void network.wrap("spy", pubsub).subscribe("rollcall:all", (bytes) => void spoken.add(bytes[0]!));
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
    /** The versions of what is published while `ms` pass. */
    async spokenFor(ms: number): Promise<number[]> {
      spoken.clear();
      await pass(ms);
      return [...spoken].sort();
    },
  };
}

const keysOf = (node: Tracker) => node.list("lobby").map(([key]) => key);

it.each<[string, ours: [number, number?], theirs: [number, number?]]>([
  ["the version before", [CURRENT_VERSION, CURRENT_VERSION - 1], [CURRENT_VERSION - 1]],
  ["the version after", [CURRENT_VERSION], [CURRENT_VERSION + 1, CURRENT_VERSION]],
])("works along with a node of %s, and says no word that it can't read", async (_, ours, theirs) => {
  const { node, pass, spokenFor, warnings } = scene();
  const [tokyo, paris] = [await node("tokyo", ...ours), await node("paris", ...theirs)];
  tokyo.track("session", "lobby", "alice");
  paris.track("session", "lobby", "bob");
  await pass(2_000);
  expect(keysOf(tokyo)).toEqual(["alice", "bob"]);
  expect(keysOf(paris)).toEqual(["bob", "alice"]);
  expect(await spokenFor(60_000)).toEqual([Math.min(...(ours as number[]), ...(theirs as number[]))]);
  tokyo.track("session", "lobby", "carol");
  paris.untrack("session");
  await pass(2_000);
  expect([keysOf(tokyo), keysOf(paris)]).toEqual([
    ["alice", "carol"],
    ["alice", "carol"],
  ]);
  expect(warnings).toEqual([]);
});

it("speaks the newest version once nobody is left who does not, though all spoke the older one till then", async () => {
  const { node, pass, spokenFor, warnings } = scene();
  const old = await node("oslo", CURRENT_VERSION);
  const [tokyo, paris] = [
    await node("tokyo", CURRENT_VERSION + 1, CURRENT_VERSION),
    await node("paris", CURRENT_VERSION + 1, CURRENT_VERSION),
  ];
  tokyo.track("session", "lobby", "alice");
  await pass(periods.downPeriodMs * 2);
  void old.close();
  await pass(periods.downPeriodMs * 2);
  expect(await spokenFor(10_000)).toEqual([CURRENT_VERSION + 1]);
  const lima = await node("lima", CURRENT_VERSION + 1, CURRENT_VERSION);
  await pass(1_000);
  expect([paris, lima].map(keysOf)).toEqual([["alice"], ["alice"]]);
  expect(warnings).toEqual([]);
});

it("is upgraded node by node, and nobody leaves who stays", async () => {
  const { node, pass, spokenFor, warnings } = scene();
  const names = ["tokyo", "paris", "lima"];
  const nodes = await Promise.all(names.map((name) => node(name, CURRENT_VERSION)));
  let absences = 0;
  const watch = (node: Tracker) =>
    node.on("diff", () => (absences += node.count("lobby", "alice") > 0 ? 0 : 1));
  for (const each of nodes) watch(each);
  await pass(5_000);
  for (const [at, name] of names.entries()) {
    const next = nodes[(at + 1) % nodes.length]!;
    // Whoever was on the one that goes is on the next one before: as clients that connect again within `leaveDelayMs`.
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
  expect(await spokenFor(10_000)).toEqual([CURRENT_VERSION + 1]);
  expect([absences, warnings]).toEqual([0, []]);
});

it("reports a node that is heard before anybody can listen to warnings, once somebody can", async () => {
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

it("says no word that others can't read after an outage longer than downPeriodMs", async () => {
  const { network, node, pass, warnings } = scene();
  const [oslo, tokyo] = [
    await node("oslo", CURRENT_VERSION),
    await node("tokyo", CURRENT_VERSION + 1, CURRENT_VERSION),
  ];
  await pass(periods.downPeriodMs * 2);
  for (const name of ["oslo", "tokyo"]) network.disconnect(name);
  await pass(periods.downPeriodMs * 2);
  network.reconnect("tokyo");
  // By then it has heard itself again, and nobody else.
  await pass(2_000);
  network.setLink("oslo", "tokyo", { delayMs: [2_000, 2_000] });
  network.reconnect("oslo");
  tokyo.track("session", "lobby", "alice");
  await pass(1_000);
  expect(keysOf(oslo)).toEqual(["alice"]);
  await pass(10_000);
  expect(warnings).toEqual([]);
});

it("is understood for as long as it is heard, though it hears nobody", async () => {
  const { network, node, pass, warnings } = scene();
  const [oslo, tokyo] = [
    await node("oslo", CURRENT_VERSION),
    await node("tokyo", CURRENT_VERSION + 1, CURRENT_VERSION),
  ];
  tokyo.track("session", "lobby", "alice");
  await pass(periods.downPeriodMs * 2);
  for (const name of ["oslo", "tokyo"]) network.cut(name, "tokyo");
  await pass(periods.downPeriodMs * 4);
  expect(keysOf(oslo)).toEqual(["alice"]);
  expect(warnings).toEqual([]);
});

it("reports a node whose version it does not know once, and is not harmed by it", async () => {
  const { node, pass, warnings } = scene();
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
