import { describe, expect, it } from "vitest";
import type { RollcallError } from "../../src/errors.ts";
import type { Inspectable } from "../../src/inspector/inspectable.ts";
import { type Counts, countOnly } from "../../src/presence/count-only.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import type { Presence } from "../../src/presence/presence.ts";
import type { PresenceOptions } from "../../src/presence/presence-options.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import { flushPromises, openPresence } from "./open-presence.ts";

type Film = Counts<"viewers" | "users">;
type FilmOptions = Partial<PresenceOptions<Record<string, never>, Film>>;

const fetch = countOnly("viewers", "users");

/** Nodes that replicate counts, on one clock. */
async function cluster<Name extends string>(names: readonly Name[], options: FilmOptions = {}) {
  const [pubsub, clock] = [memoryPubSub(), manualClock()];
  const nodes = new Map<Name, Presence<Record<string, never>, Film>>();
  for (const replicaName of names) {
    const { presence } = await openPresence({
      ...{ pubsub, clock, replicaName, fetch, replicate: "counts" as const },
      ...options,
    });
    nodes.set(replicaName, presence);
  }
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 20) {
      clock.advance(20);
      await flushPromises();
    }
  };
  await pass(200);
  return {
    ...(Object.fromEntries(nodes) as Record<Name, Presence<Record<string, never>, Film>>),
    pass,
    pubsub,
    clock,
  };
}

function film(viewers: number, users = 0): Film {
  return { viewers: { count: viewers }, users: { count: users } };
}

/** The code and the message of what `call` throws. */
function refusalOf(call: () => unknown): RollcallError {
  try {
    call();
  } catch (error) {
    return error as RollcallError;
  }
  return expect.fail("nothing was refused");
}

describe("presences that replicate as counts", () => {
  it("are counted on every node, and held only where they were tracked", async () => {
    const { tokyo, paris, pass } = await cluster(["tokyo", "paris"]);
    tokyo.track("a", "film", "viewers");
    tokyo.track("b", "film", "users");
    paris.track("c", "film", "viewers");
    await pass(100);
    for (const node of [tokyo, paris]) {
      expect(node.counts("film")).toEqual(film(2, 1));
      expect(await node.list("film")).toEqual(film(2, 1));
      expect(await node.getByKey("film", "viewers")).toEqual({ count: 2 });
      expect([node.count("film"), node.count("film", "users"), node.keyCount("film")]).toEqual([3, 1, 2]);
      expect(node.topics()).toEqual(["film"]);
      expect(
        node
          .replicas()
          .map(({ presences }) => presences)
          .sort(),
      ).toEqual([1, 2]);
    }
    expect([tokyo.presencesOf("a").length, paris.presencesOf("a").length]).toEqual([1, 0]);
    tokyo.untrack("a");
    await pass(100);
    expect(paris.counts("film")).toEqual(film(1, 1));
  });

  it("reach subscribers and listeners of diff as net counts", async () => {
    const { tokyo, paris, pass } = await cluster(["tokyo", "paris"]);
    const received: unknown[] = [];
    const diffs: unknown[] = [];
    tokyo.track("a", "film", "viewers");
    await pass(100);
    paris.subscribe("film", ({ event, payload }) => received.push([event, payload]));
    paris.on("diff", (diff) => diffs.push(...diff));
    await flushPromises();
    tokyo.track("b", "film", "viewers");
    tokyo.track("c", "film", "viewers");
    tokyo.track("d", "film", "users");
    await pass(100);
    tokyo.untrack("a");
    tokyo.track("e", "film", "viewers");
    tokyo.update("e", "film", "viewers", {});
    tokyo.untrack("d");
    tokyo.track("f", "play", "viewers");
    await pass(100);
    const [more, fewer] = [
      { joins: film(2, 1), leaves: film(0) },
      { joins: film(0), leaves: film(0, 1) },
    ];
    expect(received).toEqual([
      ["presence_state", film(1)],
      ["presence_diff", more],
      ["presence_diff", fewer],
    ]);
    expect(diffs).toEqual([
      ["film", more],
      ["play", { joins: film(1), leaves: film(0) }],
      ["film", fewer],
    ]);
  });

  it("call onKeyJoin and onKeyLeave where a number leaves 0 or gets there, with its cause", async () => {
    const calls: string[] = [];
    const note = (sign: string) => (topic: string, key: string, cause: string) =>
      calls.push(`${sign}${key} @${topic} (${cause})`);
    const options = { onKeyJoin: note("+"), onKeyLeave: note("-") };
    const { tokyo, pass, pubsub, clock } = await cluster(["tokyo"]);
    const { presence: paris } = await openPresence({
      ...{ pubsub, clock, fetch, replicate: "counts" as const },
      ...options,
    });
    await pass(200);
    paris.track("a", "film", "viewers");
    paris.track("b", "film", "viewers");
    paris.untrack("a");
    paris.untrack("b");
    tokyo.track("a", "film", "users");
    await pass(100);
    tokyo.track("b", "film", "users");
    await pass(100);
    void tokyo.close({ leave: true });
    await pass(100);
    expect(calls).toEqual([
      "+viewers @film (local)",
      "-viewers @film (local)",
      "+users @film (remote)",
      "-users @film (replica)",
    ]);
  });

  it("update, revive and wait for leaveDelayMs without a change of a number", async () => {
    const { tokyo, paris, pass } = await cluster(["tokyo", "paris"], { leaveDelayMs: 2_000 });
    const ref = tokyo.track("a", "film", "viewers");
    await pass(100);
    const received: unknown[] = [];
    paris.subscribe("film", ({ event }) => received.push(event));
    const updated = tokyo.update("a", "film", "viewers", {});
    expect(updated).not.toBe(ref);
    tokyo.end("a");
    await pass(1_000);
    expect(tokyo.track("a", "film", "viewers")).toBe(updated);
    tokyo.end("a");
    await pass(1_000);
    tokyo.track("b", "film", "viewers");
    expect(tokyo.presencesOf("a")).toEqual([]);
    await pass(5_000);
    expect([paris.counts("film"), received]).toEqual([film(1), ["presence_state"]]);
    tokyo.end("b");
    await pass(1_900);
    expect(paris.count("film")).toBe(1);
    await pass(400);
    expect([paris.count("film"), received]).toEqual([0, ["presence_state", "presence_diff"]]);
  });

  it("leave with their owner, which is not kept", async () => {
    const { tokyo, paris, pass } = await cluster(["tokyo", "paris"]);
    const controller = new AbortController();
    tokyo.track(controller.signal, "film", "viewers");
    tokyo.track(controller.signal, "trailer", "users");
    await pass(100);
    controller.abort();
    expect([tokyo.count("film"), tokyo.presencesOf(controller.signal)]).toEqual([0, []]);
    tokyo.track(controller.signal, "film", "viewers");
    await pass(100);
    expect([paris.count("film"), paris.topics()]).toEqual([0, []]);
  });

  it("stay for leaveDelayMs after their node has closed, and go at once with leave", async () => {
    const { tokyo, paris, osaka, pass } = await cluster(["tokyo", "paris", "osaka"], { leaveDelayMs: 2_000 });
    for (const owner of ["a", "b", "c"]) tokyo.track(owner, "film", "viewers");
    osaka.track("a", "film", "viewers");
    await pass(4_000);
    void tokyo.close();
    void osaka.close({ leave: true });
    await pass(1_000);
    expect(paris.count("film")).toBe(3);
    expect(tokyo.counts("film")).toEqual(film(4));
    await pass(1_500);
    expect(paris.count("film")).toBe(0);
    expect(() => tokyo.track("d", "film", "viewers")).toThrow("closed");
  });

  it("are refused over maxPerKey and maxPerTopic, which hold for the cluster", async () => {
    const { tokyo, paris, pass } = await cluster(["tokyo", "paris"], { maxPerKey: 2, maxPerTopic: 3 });
    tokyo.track("a", "film", "viewers");
    tokyo.track("b", "film", "viewers");
    await pass(100);
    expect(refusalOf(() => paris.track("c", "film", "viewers"))).toMatchObject({
      limit: "maxPerKey",
      given: 3,
    });
    paris.track("c", "film", "users");
    expect(refusalOf(() => paris.track("d", "film", "users"))).toMatchObject({ limit: "maxPerTopic" });
  });

  it("need not fit into a message with their meta", async () => {
    const pubsub: PubSub = { ...memoryPubSub(), maxMessageBytes: 2_560 };
    const { presence } = await openPresence({ pubsub, fetch, replicate: "counts" });
    presence.track("a", "film", "viewers", { about: "x".repeat(3_000) });
    expect(presence.count("film")).toBe(1);
    const { presence: wide } = await openPresence({
      pubsub,
      fetch,
      replicate: "counts",
      maxTopicBytes: 2_000,
    });
    expect(refusalOf(() => wide.track("a", "f".repeat(1_500), "viewers"))).toMatchObject({
      limit: "maxMessageBytes",
    });
    expect(wide.topics()).toEqual([]);
  });
});

describe("what is refused", () => {
  it("is a key that is not counted, without being named", async () => {
    const { presence } = await openPresence({ fetch, replicate: "counts" });
    for (const call of [
      () => presence.track("a", "film", "alice@example.org"),
      () => presence.track("a", "film", -1.23456789012345),
      () => presence.update("a", "film", "alice@example.org", {}),
    ]) {
      const refusal = refusalOf(call);
      expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", name: "InvalidArgumentError" });
      expect(refusal.message).toBe(
        'The key, of 17 characters, is not counted; replicate: "counts" takes only the keys of countOnly: "viewers", "users". ' +
          'Track one of them, add the key to countOnly, or use replicate: "presences".',
      );
    }
    expect(() => presence.track("a", "film", "")).toThrow("not empty");
    expect(() => presence.track("a", "film", {} as never)).toThrow("key is an object");
    presence.untrack("a", "film", "alice@example.org");
    expect([presence.count("film"), presence.count("film", "alice@example.org")]).toEqual([0, 0]);
  });

  it("is replicate without countOnly, with what to do", async () => {
    const own: PresenceOptions["fetch"] = (_topic, presences) => presences;
    for (const given of [{}, { fetch: own }])
      await expect(createPresence({ pubsub: memoryPubSub(), replicate: "counts", ...given })).rejects.toThrow(
        'replicate is "counts", but fetch is not what countOnly returns; where only counts replicate, readers can get only counts. ' +
          'Pass fetch: countOnly("readers") with the keys that you track, or leave replicate out.',
      );
  });

  it("is an unknown value of replicate, and replicate for a tracker", async () => {
    const pubsub = memoryPubSub();
    const options: object = { pubsub, fetch, replicate: "numbers" };
    await expect(createPresence(options as PresenceOptions)).rejects.toThrow(
      'replicate is "numbers"; it must be "presences" or "counts".',
    );
    const tracker: object = { pubsub, replicate: "presences" };
    await expect(createTracker(tracker as { pubsub: PubSub })).rejects.toThrow(
      'There is no option "replicate"',
    );
  });
});

it("nodes of the two modes under one clusterName report each other once, and add nothing up", async () => {
  const { tokyo, pass, pubsub, clock } = await cluster(["tokyo"]);
  const warnings: string[] = [];
  const listen = (name: string, node: Pick<Inspectable, "on">) =>
    node.on("warning", (warning) => warnings.push(`${name}: ${warning.code} ${warning.message}`));
  listen("tokyo", tokyo);
  const { presence: paris } = await openPresence({ pubsub, clock, replicaName: "paris", fetch });
  const { presence: osaka } = await openPresence({
    ...{ pubsub, clock, replicaName: "osaka", fetch, replicate: "counts" as const, clusterName: "other" },
  });
  listen("paris", paris);
  listen("osaka", osaka);
  tokyo.track("a", "film", "viewers");
  paris.track("b", "film", "viewers");
  await pass(30_000);
  expect([tokyo.counts("film"), paris.counts("film")]).toEqual([film(1), film(1)]);
  expect([tokyo, paris, osaka].map((node) => node.replicas().length)).toEqual([1, 1, 1]);
  const advice =
    "They ignore each other. Give all nodes of a cluster the same replicate option; to change it in a running cluster, use a new clusterName.";
  expect(warnings.sort()).toEqual([
    `paris: REPLICATE_MODE Replica "tokyo" replicates counts, and this node replicates presences. ${advice}`,
    `tokyo: REPLICATE_MODE Replica "paris" replicates presences, and this node replicates counts. ${advice}`,
  ]);
  expect(tokyo.traffic().refusedMessages).toBeGreaterThan(1);
});
