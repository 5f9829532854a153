import { describe, expect, it, vi } from "vitest";
import { inspector } from "../../src/inspector/inspector.ts";
import { largestTopics } from "../../src/inspector/largest-topics.ts";
import { throttled } from "../../src/inspector/throttled.ts";
import { WarningLog } from "../../src/inspector/warnings.ts";
import { createTokyo, serveListener } from "./serve-inspector.ts";

describe("the numbers", () => {
  it("are gathered by nobody while nobody looks, and by one of many who look at once", async () => {
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

  it("are as old as 250 ms", () => {
    const { get, pass } = clockwork(0);
    expect([get(), pass(249), get(), pass(1), get()]).toEqual([1, 249, 1, 250, 2]);
  });

  it("take a twentieth of the time at most, where to gather them takes long", () => {
    const { get, pass } = clockwork(500);
    expect(get()).toBe(1);
    pass(9_999);
    expect(get()).toBe(1);
    pass(1);
    expect(get()).toBe(2);
  });

  /** Something that takes so many ms to make, by a clock moved by hand. */
  function clockwork(costMs: number): { get: () => number; pass: (ms: number) => number } {
    let now = 0;
    let made = 0;
    const make = () => {
      now += costMs;
      return ++made;
    };
    return { get: throttled(make, () => now), pass: (ms) => (now += ms) };
  }
});

describe("the largest topics", () => {
  const of = (counts: readonly number[], most: number) =>
    largestTopics(
      { topics: () => counts.map((_, at) => `${at}`), count: (topic) => counts[Number(topic)]! },
      most,
    );

  it("are those of a sorted list of all, whatever the order they come in", () => {
    for (const most of [1, 2, 3, 10, 100]) {
      const counts = Array.from({ length: 500 }, (_, at) => 1 + ((at * 7_919) % 97));
      const { presences, count, largest } = of(counts, most);
      expect(presences).toBe(counts.reduce((sum, one) => sum + one));
      expect(count).toBe(500);
      const all = counts.map((one, at) => ({ topic: `${at}`, count: one }));
      expect(largest).toEqual(all.sort((one, other) => other.count - one.count).slice(0, most));
    }
  });

  it("are none where there are none, and all where there are few", () => {
    expect(of([], 3)).toEqual({ presences: 0, count: 0, largest: [] });
    expect(of([1, 2], 3).largest.map(({ count }) => count)).toEqual([2, 1]);
  });
});

describe("the warnings", () => {
  it("are the latest fifty, one that comes again kept once and first", async () => {
    const { warnings, warn } = warned();
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

  it("are listened to until it is closed", async () => {
    const { warnings, warn, listeners } = warned();
    warn("one");
    warnings.close();
    expect(listeners.size).toBe(0);
    warn("two");
    expect(warnings.latest.map(({ message }) => message)).toEqual(["one"]);
  });

  type Warn = (warning: Error & { readonly code: string }) => unknown;

  /** What listens to warnings, and what makes them. */
  function warned() {
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
