import { describe, expect, it, vi } from "vitest";
import { inspector } from "../../src/inspector/inspector.ts";
import { largestTopics } from "../../src/inspector/largest-topics.ts";
import { throttled } from "../../src/inspector/throttled.ts";
import { WarningLog } from "../../src/inspector/warnings.ts";
import { createTokyo, serveListener } from "./serve-inspector.ts";

describe("the numbers of an inspector", () => {
  it("are collected only on request, and once for simultaneous requests", async () => {
    const presence = await createTokyo();
    const topics = vi.spyOn(presence, "topics");
    const { url } = await serveListener(inspector(presence));
    await fetch(url);
    expect(topics).not.toHaveBeenCalled();

    const before = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => (await fetch(`${url}/json`)).text()),
    );
    const periods = Math.ceil((performance.now() - before) / 250);
    expect(topics.mock.calls.length).toBeLessThanOrEqual(periods);
    expect(new Set(answers).size).toBe(topics.mock.calls.length);
  });

  it("are at most 250 ms old", () => {
    const { get, advance } = throttledCounter(0);
    expect([get(), advance(249), get(), advance(1), get()]).toEqual([1, 249, 1, 250, 2]);
  });

  it("take at most a twentieth of the time when they are slow to collect", () => {
    const { get, advance } = throttledCounter(500);
    expect(get()).toBe(1);
    advance(9_999);
    expect(get()).toBe(1);
    advance(1);
    expect(get()).toBe(2);
  });

  /** A throttled counter. Each collection takes `costMs` by a clock that the test advances. */
  function throttledCounter(costMs: number): { get: () => number; advance: (ms: number) => number } {
    let now = 0;
    let collections = 0;
    const collect = () => {
      now += costMs;
      return ++collections;
    };
    return { get: throttled(collect, () => now), advance: (ms) => (now += ms) };
  }
});

describe("the largest topics", () => {
  const largestOf = (counts: readonly number[], limit: number) =>
    largestTopics(
      { topics: () => counts.map((_, at) => `${at}`), count: (topic) => counts[Number(topic)]! },
      limit,
    );

  it("are those of a sorted list of all topics, in any order of arrival", () => {
    for (const limit of [1, 2, 3, 10, 100]) {
      const counts = Array.from({ length: 500 }, (_, at) => 1 + ((at * 7_919) % 97));
      const { presences, count, largest } = largestOf(counts, limit);
      expect(presences).toBe(counts.reduce((sum, one) => sum + one));
      expect(count).toBe(500);
      const all = counts.map((one, at) => ({ topic: `${at}`, count: one }));
      expect(largest).toEqual(all.sort((one, other) => other.count - one.count).slice(0, limit));
    }
  });

  it("are an empty list without topics, and all topics when there are few", () => {
    expect(largestOf([], 3)).toEqual({ presences: 0, count: 0, largest: [] });
    expect(largestOf([1, 2], 3).largest.map(({ count }) => count)).toEqual([2, 1]);
  });
});

describe("the warnings of an inspector", () => {
  it("are the latest fifty, with a repeated one listed once and first", async () => {
    const { warnings, warn } = createLog();
    for (let name = 1; name <= 60; name++) warn(`replica ${name}`);
    warn("replica 20");
    expect(warnings.latest).toHaveLength(50);
    expect(warnings.latest.slice(0, 3).map(({ message, times }) => [message, times])).toEqual([
      ["replica 20", 2],
      ["replica 60", 1],
      ["replica 59", 1],
    ]);
    expect(warnings.latest.at(-1)!.message).toBe("replica 11");
  });

  it("are recorded until the log is closed", async () => {
    const { warnings, warn, listeners } = createLog();
    warn("one");
    warnings.close();
    expect(listeners.size).toBe(0);
    warn("two");
    expect(warnings.latest.map(({ message }) => message)).toEqual(["one"]);
  });

  type Warn = (warning: Error & { readonly code: string }) => unknown;

  /** A log, the listeners that it adds, and a function that emits a warning. */
  function createLog() {
    const listeners = new Set<Warn>();
    const source = {
      on: (_: "warning", listener: Warn) => listeners.add(listener),
      off: (_: "warning", listener: Warn) => listeners.delete(listener),
    };
    const warn = (message: string) => {
      for (const listener of listeners)
        listener(Object.assign(new Error(message), { code: "DUPLICATE_REPLICA" }));
    };
    return { warnings: new WarningLog(source), warn, listeners };
  }
});
