/**
 * Plants the bugs of the patches in this folder, one at a time, and checks that the test that each one names fails:
 * `npm run mutants -- [--jobs N] [PART OF A NAME…]`. With `--check` it plants nothing and looks for mutants that are out
 * of date. README.md explains both.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Progress } from "../../scripts/progress.ts";
import { checkMutants } from "./check-mutants.ts";
import { type MutantResult, MutantRunner } from "./mutant-runner.ts";
import { Workspace } from "./workspace.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const repository = join(here, "../..");
const { values, positionals } = parseArgs({
  options: { jobs: { type: "string", default: "2" }, check: { type: "boolean", default: false } },
  allowPositionals: true,
});
const jobs = Number(values.jobs);
if (!Number.isInteger(jobs) || jobs < 1)
  throw new RangeError(`--jobs is ${values.jobs}; it must be an integer of at least 1.`);

const names = readdirSync(here, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".patch"))
  .sort();
const unmatched = positionals.filter((part) => !names.some((name) => name.includes(part)));
const chosen = names.filter(
  (name) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);

for (const part of unmatched) console.log(`no mutant has ${JSON.stringify(part)} in its name`);
const isSuccess = values.check ? await check() : await plantAll();
process.exitCode = isSuccess && chosen.length > 0 && unmatched.length === 0 ? 0 : 1;

async function check(): Promise<boolean> {
  const progress = new Progress("mutants", { of: chosen.length, unit: "checked" });
  progress.at(0);
  const faults = await checkMutants(repository, here, chosen);
  progress.end();
  for (const fault of faults) console.log(fault);
  console.log(`${chosen.length} checked, ${faults.length} faults`);
  return faults.length === 0;
}

async function plantAll(): Promise<boolean> {
  const workspace = new Workspace(repository);
  process.on("exit", () => workspace.remove());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
  const results = await runAll(new MutantRunner(workspace));
  const caught = results.filter(({ verdict }) => verdict === "caught").length;
  console.log(`${results.length} planted, ${caught} caught`);
  return caught === results.length;
}

async function runAll(runner: MutantRunner): Promise<MutantResult[]> {
  const finished: MutantResult[] = [];
  const progress = new Progress("mutants", { of: chosen.length, unit: "planted" });
  progress.at(0);
  const queue = chosen.map((name) => join(here, name));
  const workers = Array.from({ length: jobs }, async () => {
    for (let patch = queue.shift(); patch !== undefined; patch = queue.shift()) {
      const result = await runner.run(patch);
      finished.push(result);
      const { verdict, name, text, seconds } = result;
      progress.clear();
      console.log(`${verdict.padEnd(10)}  ${name}  (${seconds.toFixed(1)} s)  ${text}`);
      progress.at(finished.length);
    }
  });
  await Promise.all(workers);
  progress.end();
  return finished;
}
