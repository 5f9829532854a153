import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CountSums } from "../../../src/replication/counts/count-sums.ts";
import type { CountedTopic } from "../../../src/replication/counts/counted-topic.ts";
import { PROPERTY_RUNS } from "../../support/property-runs.ts";

const TOPICS = ["article", "page"];
/** More than an array of keys holds. */
const KEYS = Array.from({ length: 11 }, (_, at) => `key ${at}`);

const changes = fc.record({
  type: fc.constant("change" as const),
  topic: fc.constantFrom(...TOPICS),
  key: fc.oneof(fc.constantFrom(...KEYS), fc.constantFrom(...KEYS.slice(0, 2))),
  to: fc.nat({ max: 3 }),
});
const entries = fc.record({
  type: fc.constantFrom("retain" as const, "release" as const),
  topic: fc.constantFrom(...TOPICS),
});
const steps = fc.array(fc.oneof(changes, entries), { maxLength: 100, size: "max" });

describe("CountSums, compared with a plain Map", () => {
  it("has the sum of each key and topic, however many entries name the topic", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const sums = new CountSums();
        const model = new Map<string, Map<string, number>>(TOPICS.map((topic) => [topic, new Map()]));
        const retained = new Map(TOPICS.map((topic) => [topic, [] as CountedTopic[]]));
        for (const step of steps) {
          const { topic } = step;
          if (step.type === "change") {
            const by = step.to - (model.get(topic)!.get(step.key) ?? 0);
            if (by !== 0)
              sums.add({ topic, key: step.key, joins: Math.max(0, by), leaves: Math.max(0, -by) });
            if (step.to === 0) model.get(topic)!.delete(step.key);
            else model.get(topic)!.set(step.key, step.to);
          } else if (step.type === "retain") {
            const counted = sums.topic(topic);
            counted.retain();
            retained.get(topic)!.push(counted);
          } else {
            retained.get(topic)!.shift()?.release();
          }
          for (const each of TOPICS) assertEqual(sums, each, model.get(each)!);
          const shown = TOPICS.filter((each) => model.get(each)!.size > 0);
          assert.deepEqual(sums.topics().sort(), shown);
        }
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("returns one topic for a name as long as an entry or a sum uses it", () => {
    const sums = new CountSums();
    const hidden = sums.topic("article");
    hidden.retain();
    sums.add({ topic: "article", key: "readers", joins: 2, leaves: 0 });
    sums.add({ topic: "article", key: "readers", joins: 0, leaves: 2 });
    expect(sums.topic("article")).toBe(hidden);
    sums.add({ topic: "article", key: "readers", joins: 1, leaves: 0 });
    hidden.release();
    expect(sums.topic("article")).toBe(hidden);
    sums.add({ topic: "article", key: "readers", joins: 0, leaves: 1 });
    expect(sums.topic("article")).not.toBe(hidden);
  });
});

function assertEqual(sums: CountSums, topic: string, model: ReadonlyMap<string, number>): void {
  const total = [...model.values()].reduce((sum, each) => sum + each, 0);
  assert.equal(sums.count(topic), total);
  assert.equal(sums.keyCount(topic), model.size);
  for (const key of KEYS) assert.equal(sums.count(topic, key), model.get(key) ?? 0);
}
