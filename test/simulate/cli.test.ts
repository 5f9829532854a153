import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { SeedReport } from "./chaos/simulate-seed.ts";
import { SeedsSummary } from "./seeds-summary.ts";
import { readOptions } from "./simulate-options.ts";

const CLI = fileURLToPath(new URL("cli.ts", import.meta.url));

describe("npm run simulate", () => {
  it("runs the given number of seeds in several processes and prints how many passed", () => {
    const { status, lines } = simulate("--seeds", "6", "--from", "40");
    expect({ status, last: lines.at(-1) }).toEqual({ status: 0, last: "6 passed, 0 failed" });
    for (const word of [
      "deliveries",
      "joins",
      "early leaves",
      "virtual minutes",
      "ms per seed",
      "flapping",
    ]) {
      expect(lines.some((line) => line.includes(word))).toBe(true);
    }
  });

  it("replays a seed the same way each time", () => {
    const first = simulate("--seed", "7");
    expect(first.lines.at(-1)).toBe("1 passed, 0 failed");
    expect(first.lines.at(-2)).toMatch(/^Hash [0-9a-f]{16}$/);
    expect(simulate("--seed", "7").lines).toEqual(first.lines);
  });

  it("exits with 1 and prints its usage for a wrong option", () => {
    const { status, stderr } = simulate("--seeds", "many");
    expect(status).toBe(1);
    expect(stderr).toContain("--seeds is many; it must be an integer of at least 0.\n\nUsage:");
  });
});

describe("readOptions", () => {
  it("reads the options, with defaults", () => {
    const replicate = "presences";
    expect(readOptions([])).toEqual({ command: "seeds", replicate, from: 1, count: 200, workers: 2 });
    expect(readOptions(["--from", "9", "--seeds", "3", "--workers", "1"])).toEqual({
      command: "seeds",
      replicate,
      from: 9,
      count: 3,
      workers: 1,
    });
    expect(readOptions(["--seed", "0"])).toEqual({ command: "replay", replicate, seed: 0 });
    const counts = { command: "replay", replicate: "counts", seed: 7 };
    expect(readOptions(["--replicate", "counts", "--seed", "7"])).toEqual(counts);
    expect(readOptions(["--figures"])).toEqual({ command: "figures" });
  });

  it("throws for options that are wrong or exclude each other", () => {
    for (const args of [
      "--seed 1 --seeds 2",
      "--seeds 0",
      "--workers 0",
      "--seeds -1",
      "--seed",
      "--all",
      "--replicate",
      "--replicate numbers",
      "--figures 1",
    ]) {
      expect(() => readOptions(args.split(" ")), args).toThrow(Error);
    }
  });
});

describe("SeedsSummary", () => {
  it("prints each failed seed in order, with the command that replays it", () => {
    const summary = new SeedsSummary();
    summary.add(report({ seed: 9, brokenPromise: "At 2 s tokyo: broke it." }));
    summary.add(report({ seed: 3, brokenPromise: "At 1 s paris: broke it." }));
    summary.add(report({ seed: 4 }));
    const lines = summary.lines(1_000, 2);
    expect(lines.slice(0, 4)).toEqual([
      "Seed 3: At 1 s paris: broke it.",
      "  npm run simulate -- --seed 3",
      "Seed 9: At 2 s tokyo: broke it.",
      "  npm run simulate -- --seed 9",
    ]);
    expect(lines.at(-1)).toBe("1 passed, 2 failed");
  });

  it("replays the seeds of clusters that replicate counts as such", () => {
    const summary = new SeedsSummary("counts");
    summary.add(report({ seed: 9, brokenPromise: "At 2 s tokyo: broke it." }));
    expect(summary.lines(1_000, 2)[1]).toBe("  npm run simulate -- --seed 9 --replicate counts");
  });

  it("demands 100 occurrences of each fault in 2 000 seeds, and no number in fewer seeds", () => {
    const summary = new SeedsSummary();
    for (let seed = 0; seed < 1_999; seed++) summary.add(report({ seed, faults: { crash: 1, pause: 0 } }));
    expect(summary.rareFaults).toEqual([]);
    summary.add(report({ seed: 1_999, faults: { crash: 1, pause: 99 } }));
    expect(summary.rareFaults).toEqual(["pause"]);
    expect(summary.lines(1, 1)).toContain("Fewer than 100 times: pause");
  });
});

function simulate(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", CLI, ...args], {
    encoding: "utf8",
  });
  return { status, stderr, lines: stdout.trimEnd().split("\n") };
}

function report(some: Partial<SeedReport>): Omit<SeedReport, "log"> {
  return {
    seed: 1,
    brokenPromise: undefined,
    hash: "",
    virtualMs: 0,
    deliveries: 0,
    joins: 0,
    earlyLeaves: 0,
    faults: { crash: 1 },
    ...some,
  };
}
