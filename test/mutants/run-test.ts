import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { outcomeOf, type TestOutcome, type VitestReport } from "./vitest-report.ts";

/** The test to run, and its time limit. */
export interface TestRun {
  readonly file: string;
  /** The full name of the test, or a part of it. See `outcomeOf`. */
  readonly test: string;
  /** A pattern that matches the name of the test. Vitest skips all tests of the file that do not match. */
  readonly pattern: string;
  /** A run that takes longer counts as failed. */
  readonly limitMs: number;
}

/** Runs a test in a copy of the repository. */
export async function runTest(
  folder: string,
  { file, test, pattern, limitMs }: TestRun,
): Promise<TestOutcome> {
  const reportFile = `${folder}-${randomUUID()}.json`;
  const vitest = ["node_modules/vitest/vitest.mjs", "run", file, "--testNamePattern", pattern];
  const reporting = ["--reporter=json", `--outputFile=${reportFile}`];
  const { hung, output } = await runNode(folder, [...vitest, ...reporting], limitMs);
  if (hung) return { kind: "failed", message: `it did not end within ${limitMs / 1_000} s` };
  if (!existsSync(reportFile)) return { kind: "unclear", why: `vitest wrote no report: ${output.trim()}` };
  return outcomeOf(JSON.parse(readFileSync(reportFile, "utf8")) as VitestReport, file, test);
}

function runNode(
  folder: string,
  options: string[],
  limitMs: number,
): Promise<{ hung: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    // A separate process group, because a worker that hangs outlives its vitest process.
    const child = spawn(process.execPath, options, {
      cwd: folder,
      // The number of clusters to simulate until one catches the bug.
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
    // The process has already ended.
  }
}
