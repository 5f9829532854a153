import { setImmediate as delivered } from "node:timers/promises";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createPresence } from "../../../src/presence/create-presence.ts";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import type { PubSub } from "../../../src/pubsub/pubsub.ts";
import { manualClock } from "../../../src/testing/manual-clock.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import type { TrackerOptions } from "../../../src/tracker/options/tracker-options.ts";
import type { Tracker } from "../../../src/tracker/tracker.ts";
import { seal } from "../../../src/wire/seal.ts";
import { diffsOf } from "../open-tracker.ts";

const OLD = "the old secret of the cluster";
const NEW = "the new secret of the cluster";

type SecretOptions = Pick<TrackerOptions, "secret" | "acceptUnsigned">;

/** Tokyo, paris and lima on one bus, all with these options. Each has one user, with the number of her last update. */
async function clusterOf(options: SecretOptions) {
  const [pubsub, clock] = [memoryPubSub(), manualClock()];
  const names = ["tokyo", "paris", "lima"];
  const nodes = new Map<string, Tracker>();
  const warnings: string[] = [];
  const absences: string[] = [];
  let updates = 0;
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      await delivered();
    }
  };
  const start = async (replicaName: string, secretOptions: SecretOptions) => {
    const node = await createTracker({
      pubsub,
      clock,
      replicaName,
      broadcastPeriodMs: 1_000,
      leaveDelayMs: 5_000,
      ...secretOptions,
    });
    node.on("warning", (warning) => warnings.push(`${replicaName}: ${warning.code}`));
    node.on("diff", (diff) => {
      for (const key of Object.keys(diff.get("lobby")?.leaves ?? {}))
        if (node.count("lobby", key) === 0) absences.push(`${key} at ${replicaName}`);
    });
    node.track("session", "lobby", `user of ${replicaName}`, { n: updates });
    nodes.set(replicaName, node);
  };
  for (const name of names) await start(name, options);
  await pass(2_000);
  return {
    pubsub,
    clock,
    pass,
    nodes,
    warnings,
    absences,
    /** Restarts one node after the other with these options, and expects that each hears each other after every restart. */
    async deploy(secretOptions: SecretOptions) {
      for (const name of names) {
        const closing = nodes.get(name)!.close();
        await pass(100);
        await closing;
        await start(name, secretOptions);
        await pass(500);
        updates++;
        for (const [owner, node] of nodes)
          node.update("session", "lobby", `user of ${owner}`, { n: updates });
        await pass(100);
        for (const node of nodes.values()) {
          const seen = node.list("lobby").map(([key, { n }]) => `${key}: ${n}`);
          expect(seen.sort()).toEqual(names.map((each) => `user of ${each}: ${updates}`).sort());
        }
      }
    },
  };
}

describe("a secret", () => {
  it("is introduced in two rolling deploys, and removed in two, without a lost message or a warning", async () => {
    const { deploy, warnings, absences } = await clusterOf({});
    await deploy({ secret: OLD, acceptUnsigned: true });
    await deploy({ secret: OLD });
    await deploy({ secret: OLD, acceptUnsigned: true });
    await deploy({});
    expect([warnings, absences]).toEqual([[], []]);
  });

  it("is replaced in three rolling deploys without a lost message or a warning", async () => {
    const { deploy, warnings, absences } = await clusterOf({ secret: OLD });
    await deploy({ secret: [OLD, NEW] });
    await deploy({ secret: [NEW, OLD] });
    await deploy({ secret: NEW });
    expect([warnings, absences]).toEqual([[], []]);
  });

  it.each<[string, before: SecretOptions, after: SecretOptions]>([
    ["introduced without acceptUnsigned", {}, { secret: OLD }],
    ["replaced at once", { secret: OLD }, { secret: NEW }],
    ["replaced with the new one first", { secret: OLD }, { secret: [NEW, OLD] }],
  ])("that is %s loses messages, which each node reports once", async (_, before, after) => {
    const { deploy, warnings, pass } = await clusterOf(before);
    await expect(deploy(after)).rejects.toThrow("expected");
    await pass(60_000);
    const nodes = new Set(warnings);
    expect(nodes.size).toBeGreaterThan(0);
    expect([...nodes]).toEqual(warnings);
    for (const warning of warnings) expect(warning).toMatch(/: UNTRUSTED_MESSAGE$/);
  });
});

/** Tokyo, with this secret, its warnings, and a stranger on the same bus. */
async function tokyoAndStranger(secret: TrackerOptions["secret"], options: Partial<TrackerOptions> = {}) {
  const [pubsub, clock] = [memoryPubSub(), manualClock()];
  const tokyo = await createTracker({ pubsub, clock, replicaName: "tokyo", ...(secret && { secret }) });
  tokyo.track("session", "lobby", "alice");
  const warnings: string[] = [];
  tokyo.on("warning", (warning) => warnings.push(`${warning.code}: ${warning.message}`));
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      await delivered();
    }
  };
  const stranger = await createTracker({ pubsub, clock, replicaName: "stranger", ...options });
  stranger.track("session", "lobby", "mallory");
  return { pubsub, clock, tokyo, stranger, warnings, pass };
}

describe("a node with a secret", () => {
  it.each([
    ["does not sign", {}, "is not signed"],
    ["has another secret", { secret: NEW }, "does not have"],
  ])("hears no node that %s, counts its messages, and reports it once", async (_, options, words) => {
    const { tokyo, warnings, pass } = await tokyoAndStranger(OLD, options);
    const diffs = diffsOf(tokyo);
    await pass(60_000);
    expect(tokyo.replicas()).toHaveLength(1);
    expect(tokyo.list("lobby").map(([key]) => key)).toEqual(["alice"]);
    expect(diffs).toEqual([]);
    expect(tokyo.traffic().refusedMessages).toBeGreaterThan(10);
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`^UNTRUSTED_MESSAGE: .*${words}`))]);
  });

  it("is heard by a node without a secret, which it does not hear itself", async () => {
    const { stranger, pass } = await tokyoAndStranger(OLD);
    await pass(60_000);
    expect(stranger.list("lobby").map(([key]) => key)).toEqual(["mallory", "alice"]);
  });

  it("does not read what was recorded in another cluster with the same secret", async () => {
    const { pubsub, clock, tokyo, warnings, pass } = await tokyoAndStranger(OLD, { secret: OLD });
    const replay: PubSub = {
      ...pubsub,
      publish: (topic, bytes) => pubsub.publish(topic.replace("shop:", "rollcall:"), bytes),
    };
    const shop = await createTracker({ pubsub: replay, clock, clusterName: "shop", secret: OLD });
    shop.track("session", "lobby", "carol");
    await pass(10_000);
    expect(tokyo.list("lobby").map(([key]) => key)).toEqual(["alice", "mallory"]);
    expect(warnings).toHaveLength(1);
  });

  it("hides its secret from util.inspect, JSON, events and errors", async () => {
    const { tokyo, warnings, pass } = await tokyoAndStranger([NEW, OLD]);
    const presence = await createPresence({ pubsub: memoryPubSub(), secret: [NEW, OLD] });
    await pass(1_000);
    const shown = [tokyo, presence].flatMap((each) => [
      inspect(each, { depth: 20, showHidden: true }),
      JSON.stringify(each),
      JSON.stringify([each.replicas(), each.traffic()]),
    ]);
    expect([...shown, ...warnings].join()).not.toMatch(/secret of the cluster/);
    await presence.close();
  });
});

describe("a message that was damaged on the bus", () => {
  it("is dropped and counted, changes nothing, and its content is fetched within a heartbeat interval", async () => {
    const [bus, clock] = [memoryPubSub(), manualClock()];
    let damage = (bytes: Uint8Array) => bytes;
    const pubsub: PubSub = { ...bus, publish: (topic, bytes) => bus.publish(topic, damage(bytes)) };
    const [tokyo, paris] = [
      await createTracker({ pubsub, clock, replicaName: "tokyo" }),
      await createTracker({ pubsub: bus, clock, replicaName: "paris" }),
    ];
    const diffs = diffsOf(paris);
    const codes: string[] = [];
    paris.on("warning", ({ code }) => codes.push(code));
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 50) {
        clock.advance(50);
        await delivered();
      }
    };
    await pass(5_000);
    // One bit of each message, in each byte in turn.
    let count = 0;
    damage = (bytes) => {
      const at = count++ % bytes.length;
      return bytes.with(at, bytes[at]! ^ 1);
    };
    for (let user = 0; user < 200; user++) {
      tokyo.track(`session ${user}`, "lobby", `user ${user}`);
      await pass(50);
    }
    expect(diffs).toEqual([]);
    expect(paris.traffic().refusedMessages).toBeGreaterThan(190);
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.length).toBeLessThanOrEqual(10);
    expect(new Set(codes)).toEqual(new Set(["MALFORMED_MESSAGE"]));
    damage = (bytes) => bytes;
    await pass(5_000);
    expect(paris.count("lobby")).toBe(200);
    expect(
      paris
        .list("lobby")
        .map(([key]) => key)
        .sort(),
    ).toEqual(
      tokyo
        .list("lobby")
        .map(([key]) => key)
        .sort(),
    );
  });
});

describe("the last update of a user who leaves at once", () => {
  it("is in the leaves at other nodes", async () => {
    const [pubsub, clock] = [memoryPubSub(), manualClock()];
    const [tokyo, paris] = [
      await createTracker({ pubsub, clock, replicaName: "tokyo" }),
      await createTracker({ pubsub, clock, replicaName: "paris" }),
    ];
    tokyo.track("session", "lobby", "alice", { status: "here" });
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 10) {
        clock.advance(10);
        await delivered();
      }
    };
    await pass(5_000);
    const diffs: unknown[] = [];
    paris.on("diff", (diff) => {
      const { joins, leaves } = diff.get("lobby")!;
      const statuses = (side: typeof joins) =>
        Object.values(side).flatMap(({ metas }) => metas.map(({ status }) => status));
      diffs.push([statuses(joins), statuses(leaves)]);
    });
    tokyo.update("session", "lobby", "alice", { status: "gone for lunch" });
    tokyo.end("session");
    await pass(100);
    expect(diffs).toEqual([
      [["gone for lunch"], ["here"]],
      [[], ["gone for lunch"]],
    ]);
    expect([tokyo.count("lobby"), paris.count("lobby")]).toEqual([0, 0]);
  });
});

it("a signed message is at most as long as the transport allows, and one presence of the largest size fits", async () => {
  const [bus, clock] = [memoryPubSub(), manualClock()];
  const lengths: number[] = [];
  const pubsub: PubSub = {
    ...bus,
    maxMessageBytes: 2_560,
    publish(topic, bytes) {
      lengths.push(bytes.length);
      return bus.publish(topic, bytes);
    },
  };
  const options = { pubsub, clock, secret: OLD };
  const [tokyo, paris] = [
    await createTracker({ ...options, replicaName: "t".repeat(200) }),
    await createTracker({ ...options, replicaName: "p".repeat(200) }),
  ];
  for (let user = 0; user < 50; user++) {
    const [topic, key] = ["t".repeat(200), `${user}`.padEnd(200, "k")];
    tokyo.track(`session ${user}`, topic, key, { note: "n".repeat(2_560 - 1_280 - 400 - 11) });
  }
  const late = await createTracker({ ...options, replicaName: "l".repeat(200) });
  for (let passed = 0; passed < 10_000; passed += 50) {
    clock.advance(50);
    await delivered();
  }
  expect(Math.max(...lengths)).toBeLessThanOrEqual(2_560);
  expect([paris, late].map((each) => each.count("t".repeat(200)))).toEqual([50, 50]);
});

it("a replica that started after the year 37 648 by its clock is heard", async () => {
  const [pubsub, clock] = [memoryPubSub(), manualClock()];
  const future = { now: () => clock.now(), setTimer: clock.setTimer.bind(clock), wallNow: () => 8.64e15 };
  const nodes = [
    await createTracker({ pubsub, clock: future, replicaName: "tokyo" }),
    await createTracker({ pubsub, clock: { ...future, wallNow: () => Number.NaN }, replicaName: "paris" }),
  ];
  for (const [at, node] of nodes.entries()) node.track("session", "lobby", `user ${at}`);
  for (let passed = 0; passed < 5_000; passed += 50) {
    clock.advance(50);
    await delivered();
  }
  expect(nodes.map((node) => [node.count("lobby"), node.traffic().refusedMessages])).toEqual([
    [2, 0],
    [2, 0],
  ]);
});

it("malformed messages are reported at most ten times a minute, and counted always", async () => {
  const { pubsub, clock, tokyo, warnings } = await tokyoAndStranger(undefined);
  const junk = seal(Uint8Array.of(1, 1, 0, 99), undefined);
  for (const minute of [1, 2]) {
    for (let message = 0; message < 1_000; message++) await pubsub.publish("rollcall:all", junk);
    await delivered();
    const malformed = warnings.filter((warning) => warning.startsWith("MALFORMED_MESSAGE"));
    expect(malformed).toHaveLength(10 * minute);
    expect(tokyo.traffic().refusedMessages).toBe(1_000 * minute);
    clock.advance(60_000);
  }
});
