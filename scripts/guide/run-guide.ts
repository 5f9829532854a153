/**
 * Does in a clean clone what README and guide say, word for word, as `plan.ts` has it: `.ci/run guide`. What is
 * installed from the tarball is the part of `.ci/run packed`.
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
// By a signal Node ends without saying so, and would leave the folder, and what was started, behind.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const clone = join(temporary, "rollcall");
execFileSync("git", ["clone", "--quiet", "--depth", "1", `file://${root}`, clone]);

const done = new Set<string>();
const counts = { serve: 0, run: 0, install: 0, ci: 0, left: 0 };
for (const { command, page } of commandsIn(clone)) {
  const plan = planOf(command);
  if (plan === undefined)
    throw new Error(`${page} says "${command}"; scripts/guide/command-plans.ts does not know it`);
  counts[plan.how]++;
  if (plan.how === "install" || plan.how === "ci" || plan.how === "left") continue;
  const started = performance.now();
  console.log(`${page}: $ ${command}`);
  const result = await follow(command, plan);
  console.log(`  ${result} (${((performance.now() - started) / 1_000).toFixed(1)} s)`);
}
console.log(
  `${counts.serve} commands served, ${counts.run} ran to their end; ${counts.install} more are for the tarball, ${counts.ci} are parts of CI, ${counts.left} are left out with a reason`,
);

/** Each step is done once: another `npm ci` would give the very same folder, another start the same page. */
async function follow(
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
  if (!output.includes(plan.shows)) throw new Error(`it does not say ${plan.shows}: ${output}`);
  return output.trim().split("\n").at(-1)!;
}

function run(line: string): string {
  const { status, stdout, stderr } = spawnSync("bash", ["-c", line], {
    cwd: clone,
    encoding: "utf8",
    maxBuffer: 1e9,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status !== 0) throw new Error(`${line} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}
