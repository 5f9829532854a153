import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, sep } from "node:path";
import { applyPatch } from "./apply-patch.ts";
import { type Mutant, parseMutant } from "./mutant.ts";
import { runTest, type TestRun } from "./run-test.ts";
import { namePattern, type TestOutcome } from "./vitest-report.ts";
import type { Workspace } from "./workspace.ts";

/** Whether a test caught a planted bug, or why the mutant proves nothing. */
export interface MutantResult {
  readonly name: string;
  readonly verdict: "caught" | "NOT CAUGHT" | "broken";
  /** The bug, or the reason why the mutant is broken. */
  readonly text: string;
  readonly seconds: number;
}

/** Plants the bug of a patch file in a copy of the repository, and runs the test that must catch it. */
export class MutantRunner {
  readonly #workspace: Workspace;
  /** How to run each test with a bug, by file and test. A run without a bug decides the name and the time limit. */
  readonly #runs = new Map<string, Promise<TestRun>>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  async run(patch: string): Promise<MutantResult> {
    // The layer and the file name, as in `crdt/merge--forgets-every-leave`.
    const name = patch
      .split(sep)
      .slice(-2)
      .join("/")
      .replace(/\.patch$/, "");
    const start = performance.now();
    const result = (verdict: MutantResult["verdict"], text: string): MutantResult => {
      return { name, verdict, text, seconds: (performance.now() - start) / 1_000 };
    };
    try {
      const mutant = parseMutant(readFileSync(patch, "utf8"));
      const outcome = await this.#plant(patch, await this.#runOf(mutant));
      if (outcome.kind === "unclear") return result("broken", outcome.why);
      if (outcome.kind === "passed") return result("NOT CAUGHT", mutant.bug);
      // The result includes how many seeds the simulator needed.
      const [seeds] = /found by seed \d+/.exec(outcome.message) ?? [];
      return result("caught", seeds === undefined ? mutant.bug : `${mutant.bug} (${seeds})`);
    } catch (error) {
      return result("broken", (error as Error).message);
    }
  }

  async #plant(patch: string, run: TestRun): Promise<TestOutcome> {
    const folder = this.#workspace.copy();
    try {
      applyPatch(folder, patch);
      return await runTest(folder, run);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  #runOf({ file, test }: Mutant): Promise<TestRun> {
    const key = JSON.stringify([file, test]);
    const run = this.#runs.get(key) ?? this.#runWithoutBug(file, test);
    this.#runs.set(key, run);
    return run;
  }

  /** Throws unless the test exists and passes without the bug. */
  async #runWithoutBug(file: string, test: string): Promise<TestRun> {
    const { unmutated } = this.#workspace;
    if (!existsSync(join(unmutated, file))) throw new Error(`there is no file ${file}`);
    const start = performance.now();
    const pattern = namePattern(test);
    const outcome = await runTest(unmutated, { file, test, pattern, limitMs: 600_000 });
    if (outcome.kind === "failed") throw new Error(`its test fails without the bug too: ${outcome.message}`);
    if (outcome.kind === "unclear") throw new Error(`without the bug: ${outcome.why}`);
    const { fullName } = outcome;
    const limitMs = Math.max(60_000, Math.ceil(10 * (performance.now() - start)));
    return { file, test: fullName, pattern: `^${namePattern(fullName)}$`, limitMs };
  }
}
