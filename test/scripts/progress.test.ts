import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Progress, type ProgressOptions } from "../../scripts/progress.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

const ESCAPE = String.fromCharCode(27);

describe("Progress on a terminal", () => {
  it("shows one line with the elapsed time, overwrites it, and removes it at the end", () => {
    const { progress, clock, written, screen } = createProgress({ isTTY: true });
    progress.at(7, "seed 8");
    expect(screen()).toBe("simulate: 7 of 200 seeds, seed 8 (0 s)");
    clock.advance(61_000);
    expect(screen()).toBe("simulate: 7 of 200 seeds, seed 8 (1 min 1 s)");
    progress.at(9);
    expect(screen()).toBe("simulate: 9 of 200 seeds (1 min 1 s)");
    progress.end();
    expect(screen()).toBe("");
    for (const character of ["\n", ESCAPE]) expect(written.join("")).not.toContain(character);
  });

  it("removes its line for other output, and shows it again", () => {
    const { progress, clock, screen } = createProgress({ isTTY: true });
    progress.at(7);
    progress.clear();
    expect(screen()).toBe("");
    clock.advance(1_000);
    expect(screen()).toBe("simulate: 7 of 200 seeds (1 s)");
  });

  it("cuts the line to the width, because a wrapped line cannot be overwritten", () => {
    const { progress, screen } = createProgress({ isTTY: true, columns: 20 });
    progress.at(7);
    expect(screen()).toBe("simulate: 7 of 200");
  });

  it("writes nothing after the end", () => {
    const { progress, clock, written } = createProgress({ isTTY: true });
    progress.at(7);
    progress.end();
    const before = written.length;
    clock.advance(60_000);
    expect(written.length).toBe(before);
  });
});

describe("Progress on any other stream", () => {
  it("writes a plain line now and then, and never overwrites one", () => {
    const { progress, clock, written } = createProgress({});
    progress.at(0);
    for (let done = 1; done <= 40; done++) {
      clock.advance(1_000);
      progress.at(done);
      progress.clear();
    }
    progress.end();
    clock.advance(60_000);
    expect(written).toEqual([
      "simulate: 0 of 200 seeds (0 s)\n",
      "simulate: 10 of 200 seeds (10 s)\n",
      "simulate: 20 of 200 seeds (20 s)\n",
      "simulate: 30 of 200 seeds (30 s)\n",
      "simulate: 40 of 200 seeds (40 s)\n",
    ]);
  });

  it("writes a line for each call with everyMs: 0", () => {
    const { progress, written } = createProgress({}, { everyMs: 0 });
    progress.at(0, "crdt, memory");
    progress.at(1, "crdt, growth");
    expect(written).toEqual([
      "simulate: 0 of 200 seeds, crdt, memory (0 s)\n",
      "simulate: 1 of 200 seeds, crdt, growth (0 s)\n",
    ]);
  });

  it("treats a terminal as a log in CI", () => {
    const { progress, written } = createProgress({ isTTY: true }, { isCI: true });
    progress.at(7);
    expect(written).toEqual(["simulate: 7 of 200 seeds (0 s)\n"]);
  });

  it("writes to the stderr of a command, and leaves stdout to the results", () => {
    const cli = fileURLToPath(new URL("../conformance/cli.ts", import.meta.url));
    const traces = fileURLToPath(new URL("../conformance/state-cases.jsonl.gz", import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", cli, traces], {
      encoding: "utf8",
    });
    expect(stderr).toMatch(/^conformance: 0 of 1 files, state-cases\.jsonl\.gz, 0 traces \(\d+ s\)\n/);
    for (const character of ["\r", ESCAPE]) expect(stderr).not.toContain(character);
    expect(stdout).toBe("13 passed, 0 failed\n");
  });
});

/** A Progress on a fake stream, and `screen`, which returns the line that a terminal would show. */
function createProgress(
  terminal: { isTTY?: boolean; columns?: number },
  options: Partial<ProgressOptions> = {},
) {
  const written: string[] = [];
  const clock = manualClock();
  const stream = { ...terminal, write: (text: string) => written.push(text) };
  const progress = new Progress("simulate", {
    unit: "seeds",
    of: 200,
    stream,
    clock,
    isCI: false,
    ...options,
  });
  return { progress, clock, written, screen: () => screenAfter(written.join("")) };
}

/** The line of a terminal after these characters. A carriage return goes back to its start. */
function screenAfter(text: string): string {
  const line: string[] = [];
  let column = 0;
  for (const character of text) {
    if (character === "\r") column = 0;
    else line[column++] = character;
  }
  return line.join("").trimEnd();
}
