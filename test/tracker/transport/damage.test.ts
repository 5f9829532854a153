import { setImmediate as delivered } from "node:timers/promises";
import { expect, it } from "vitest";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import type { PubSub } from "../../../src/pubsub/pubsub.ts";
import { manualClock } from "../../../src/testing/manual-clock.ts";
import { seededRandom } from "../../../src/testing/seeded-random.ts";
import { createTracker } from "../../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../../src/tracker/tracker.ts";
import { damaged } from "../../support/damaged.ts";

const USERS = 40;

it.each([
  ["a checksum", 1, undefined],
  ["a checksum", 2, undefined],
  ["a checksum", 3, undefined],
  ["a secret", 4, "the secret of three cities"],
])(
  "with %s, a bus that damages a tenth of all messages never leaves a node wrong for long (seed %i)",
  async (_, seed, secret) => {
    const [bus, clock, random] = [memoryPubSub(), manualClock(), seededRandom(seed)];
    let damages = 0;
    const pubsub: PubSub = {
      ...bus,
      publish(topic, bytes) {
        const message = random() < 0.1 ? damaged(bytes, random) : bytes;
        if (Buffer.compare(message, bytes) !== 0) damages++;
        return bus.publish(topic, message);
      },
    };
    const nodes: Tracker[] = [];
    const warnings = new Set<string>();
    for (const replicaName of ["tokyo", "paris", "lima"]) {
      const node = await createTracker({
        pubsub,
        clock,
        random,
        replicaName,
        broadcastPeriodMs: 1_000,
        ...(secret && { secret }),
      });
      node.on("warning", ({ code }) => warnings.add(code));
      nodes.push(node);
    }
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 50) {
        clock.advance(50);
        await delivered();
      }
    };
    const tracked = new Map<string, string>();
    const list = (node: Tracker) =>
      node
        .list("lobby")
        .map(([key, { n }]) => `${key} ${n}`)
        .sort();
    for (let round = 0; round < 40; round++) {
      for (let change = 0; change < 20; change++) {
        const at = Math.floor(random() * 3);
        const key = `user ${Math.floor(random() * USERS)} of ${at}`;
        const node = nodes[at]!;
        if (!tracked.has(key)) node.track(key, "lobby", key, { n: change });
        else if (random() < 0.5) node.update(key, "lobby", key, { n: change });
        else node.end(key);
        const meta = node.getByKey("lobby", key)[0];
        if (meta === undefined) tracked.delete(key);
        else tracked.set(key, `${key} ${meta["n"]}`);
        await pass(50);
      }
      // Five heartbeat intervals, so that all of them being damaged is out of the question.
      await pass(15_000);
      const expected = [...tracked.values()].sort();
      for (const node of nodes) expect(list(node)).toEqual(expected);
    }
    const refused = nodes.map((node) => node.traffic().refusedMessages);
    expect(damages).toBeGreaterThan(100);
    for (const count of refused) expect(count).toBeGreaterThan(50);
    for (const code of warnings) expect(["MALFORMED_MESSAGE", "FOREIGN_VERSION"]).toContain(code);
    expect(nodes.map((node) => node.replicas().length)).toEqual([3, 3, 3]);
  },
);
