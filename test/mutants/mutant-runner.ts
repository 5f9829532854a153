import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, sep } from "node:path";
import { applyPatch } from "./apply-patch.ts";
import { type Mutant, parseMutant } from "./mutant.ts";
import { runTest, type TestRun } from "./run-test.ts";
import { namePattern, type TestOutcome } from "./vitest-report.ts";
import type { Workspace } from "./workspace.ts";

/** Whether a planted bug was found, or why planting it says nothing. */
export interface MutantResult {
  readonly name: string;
  readonly verdict: "caught" | "NOT CAUGHT" | "broken";
  /** What the mutant breaks, or why it is broken itself. */
  readonly text: string;
  readonly seconds: number;
}

/** Plants the bugs of patch files, one a call, each in a copy of its own, and sees whether their tests find them. */
export class MutantRunner {
  readonly #workspace: Workspace;
  /** By file and test: the run of the mutant, as the same test without a bug suggests it. */
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
    const finding = (verdict: MutantResult["verdict"], text: string): MutantResult => {
      return { name, verdict, text, seconds: (performance.now() - start) / 1_000 };
    };
    try {
      const mutant = parseMutant(readFileSync(patch, "utf8"));
      const outcome = await this.#plant(patch, await this.#runOf(mutant));
      if (outcome.kind === "unclear") return finding("broken", outcome.why);
      if (outcome.kind === "passed") return finding("NOT CAUGHT", mutant.bug);
      // How long the simulator took to find it is part of the finding.
      const [seeds] = /found by seed \d+/.exec(outcome.message) ?? [];
      return finding("caught", seeds === undefined ? mutant.bug : `${mutant.bug} (${seeds})`);
    } catch (error) {
      return finding("broken", (error as Error).message);
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

  /** Throws unless the test passes: a test that is red anyway, or is not there, finds nothing. */
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
