import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { outcomeOf, type TestOutcome, type VitestReport } from "./vitest-report.ts";

/** Which test to run, and how long to wait for it. */
export interface TestRun {
  readonly file: string;
  /** The test's full name or a part of it, as `outcomeOf` takes it. */
  readonly test: string;
  /** Which tests of the file to run at all: a pattern that lets this one through. */
  readonly pattern: string;
  /** A run that takes longer hangs, which is one way to fail. */
  readonly limitMs: number;
}

/** Runs one test in a copy of the repository. */
export async function runTest(
  folder: string,
  { file, test, pattern, limitMs }: TestRun,
): Promise<TestOutcome> {
  const reportFile = `${folder}-${randomUUID()}.json`;
  const vitest = ["node_modules/vitest/vitest.mjs", "run", file, "--testNamePattern", pattern];
  const reporting = ["--reporter=json", `--outputFile=${reportFile}`];
  const { hung, output } = await runNode(folder, [...vitest, ...reporting], limitMs);
  if (hung) return { kind: "failed", message: `it hung, and was stopped after ${limitMs / 1_000} s` };
  if (!existsSync(reportFile)) return { kind: "unclear", why: `vitest left no report: ${output.trim()}` };
  return outcomeOf(JSON.parse(readFileSync(reportFile, "utf8")) as VitestReport, file, test);
}

function runNode(
  folder: string,
  options: string[],
  limitMs: number,
): Promise<{ hung: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    // A process group of its own, because a worker that hangs outlives the vitest that started it.
    const child = spawn(process.execPath, options, {
      cwd: folder,
      // So many clusters are simulated until one finds the bug.
      env: { ...process.env, ROLLCALL_SEEDS: "500" },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stop = () => kill(-child.pid!);
    process.prependOnceListener("exit", stop);
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      stop();
    }, limitMs);
    let output = "";
    child.stdout.on("data", (text) => (output += text));
    child.stderr.on("data", (text) => (output += text));
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      process.removeListener("exit", stop);
      resolve({ hung, output });
    });
  });
}

function kill(group: number): void {
  try {
    process.kill(group, "SIGKILL");
  } catch {
    // It ended in the meantime.
  }
}
