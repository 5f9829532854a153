/**
 * Runs the commands of the README and the guide in a clean clone, as `command-plans.ts` says: `.ci/run guide`. Commands
 * that install the package are tested by `.ci/run packed`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CommandPlan, planOf } from "./command-plans.ts";
import { commandsIn } from "./guide-commands.ts";
import { serve } from "./serve-command.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), "rollcall-guide-"));
process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));
// A signal ends Node without an exit event, which would leave the folder and the started processes behind.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const clone = join(temporary, "rollcall");
execFileSync("git", ["clone", "--quiet", "--depth", "1", `file://${root}`, clone]);

const done = new Set<string>();
const counts = { serve: 0, run: 0, install: 0, ci: 0, skipped: 0 };
for (const { command, page } of commandsIn(clone)) {
  const plan = planOf(command);
  if (plan === undefined)
    throw new Error(
      `${page} shows "${command}", which has no plan; add one to scripts/guide/command-plans.ts`,
    );
  counts[plan.how]++;
  if (plan.how === "install" || plan.how === "ci" || plan.how === "skipped") continue;
  const started = performance.now();
  console.log(`${page}: $ ${command}`);
  const result = await runPlan(command, plan);
  console.log(`  ${result} (${((performance.now() - started) / 1_000).toFixed(1)} s)`);
}
console.log(
  `${counts.serve} commands served and ${counts.run} ran to their end; ${counts.install} install the tarball, ${counts.ci} are parts of CI, and ${counts.skipped} are skipped for a reason`,
);

/** Runs each step once only: a second `npm ci` would give the same folder, and a second start the same page. */
async function runPlan(
  command: string,
  plan: CommandPlan & { readonly how: "serve" | "run" },
): Promise<string> {
  const steps = command.split(" && ");
  const last = steps.pop()!;
  if (done.has(last)) return "done above";
  for (const step of steps.filter((each) => !done.has(each))) {
    run(step);
    done.add(step);
  }
  done.add(last);
  if (plan.how === "serve") return serve(last, plan, clone);
  const output = run(last);
  if (!output.includes(plan.shows)) throw new Error(`${last} does not print ${plan.shows}: ${output}`);
  return output.trim().split("\n").at(-1)!;
}

function run(line: string): string {
  const { status, stdout, stderr } = spawnSync("bash", ["-c", line], {
    cwd: clone,
    encoding: "utf8",
    maxBuffer: 1e9,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status !== 0) throw new Error(`${line} exited with ${status}: ${stdout}${stderr}`);
  return stdout;
}
