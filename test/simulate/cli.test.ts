import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { SeedReport } from "./chaos/simulate-seed.ts";
import { SeedsSummary } from "./seeds-summary.ts";
import { readOptions } from "./simulate-options.ts";

const CLI = fileURLToPath(new URL("cli.ts", import.meta.url));

describe("npm run simulate", () => {
  it("runs as many seeds as asked for, in several processes, and says how many passed", () => {
    const { status, lines } = simulate("--seeds", "6", "--from", "40");
    expect({ status, last: lines.at(-1) }).toEqual({ status: 0, last: "6 passed, 0 failed" });
    for (const word of ["deliveries", "joins", "virtual minutes", "ms a seed", "flapping"]) {
      expect(lines.some((line) => line.includes(word))).toBe(true);
    }
  });

  it("replays one seed as the same story", () => {
    const first = simulate("--seed", "7");
    expect(first.lines.at(-1)).toBe("1 passed, 0 failed");
    expect(first.lines.at(-2)).toMatch(/^Story [0-9a-f]{16}$/);
    expect(simulate("--seed", "7").lines).toEqual(first.lines);
  });

  it("exits 1 and says how to ask when it is asked wrongly", () => {
    const { status, stderr } = simulate("--seeds", "many");
    expect(status).toBe(1);
    expect(stderr).toContain("--seeds needs a whole number, and got many.\n\nUsage:");
  });
});

describe("the options of npm run simulate", () => {
  it("are read", () => {
    expect(readOptions([])).toEqual({ command: "seeds", from: 1, count: 200, workers: 2 });
    expect(readOptions(["--from", "9", "--seeds", "3", "--workers", "1"])).toEqual({
      command: "seeds",
      from: 9,
      count: 3,
      workers: 1,
    });
    expect(readOptions(["--seed", "0"])).toEqual({ command: "replay", seed: 0 });
    expect(readOptions(["--figures"])).toEqual({ command: "figures" });
  });

  it("are refused where they make no sense", () => {
    for (const args of [
      "--seed 1 --seeds 2",
      "--seeds 0",
      "--workers 0",
      "--seeds -1",
      "--seed",
      "--all",
      "--figures 1",
    ]) {
      expect(() => readOptions(args.split(" ")), args).toThrow(Error);
    }
  });
});

describe("the total of many seeds", () => {
  it("names each seed that failed, in order, with the command that replays it", () => {
    const total = new SeedsSummary();
    total.add(report({ seed: 9, brokenPromise: "At 2 s tokyo: broke it." }));
    total.add(report({ seed: 3, brokenPromise: "At 1 s paris: broke it." }));
    total.add(report({ seed: 4 }));
    const lines = total.lines(1_000, 2);
    expect(lines.slice(0, 4)).toEqual([
      "Seed 3: At 1 s paris: broke it.",
      "  npm run simulate -- --seed 3",
      "Seed 9: At 2 s tokyo: broke it.",
      "  npm run simulate -- --seed 9",
    ]);
    expect(lines.at(-1)).toBe("1 passed, 2 failed");
  });

  it("asks of 2 000 seeds that each fault struck a hundred times, and of fewer nothing", () => {
    const total = new SeedsSummary();
    for (let seed = 0; seed < 1_999; seed++) total.add(report({ seed, faults: { crash: 1, pause: 0 } }));
    expect(total.rareFaults).toEqual([]);
    total.add(report({ seed: 1_999, faults: { crash: 1, pause: 99 } }));
    expect(total.rareFaults).toEqual(["pause"]);
    expect(total.lines(1, 1)).toContain("Too rare to have been tried: pause");
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
    faults: { crash: 1 },
    ...some,
  };
}
