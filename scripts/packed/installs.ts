import { planOf } from "../guide/command-plans.ts";
import { commandsIn } from "../guide/guide-commands.ts";
import { type Project, root } from "./project.ts";

/** Runs the install commands of the README and the guide, with the tarball instead of `rollcall` from the registry. */
export function checkInstalls(projectNamed: (name: string) => Project, tarball: string): string {
  const installed: string[] = [];
  for (const { command, page } of commandsIn(root)) {
    const plan = planOf(command);
    if (plan?.how !== "install") continue;
    console.log(`  ${page}: $ ${command}`);
    // A folder per command, so that the packages of another page cannot hide a missing one.
    const project = projectNamed(`install-${installed.length}`);
    // The page of a driver expects that the reader has installed rollcall before.
    if (!/\brollcall\b/.test(command)) project.run("npm", "install", "--no-audit", "--no-fund", tarball);
    project.run("bash", "-c", command.replace(/\brollcall\b/, `'${tarball}'`));
    project.run("node", "--input-type=module", "-e", `await import("${plan.imports}")`);
    for (const name of command.split(" ").slice(2)) project.run("node", "-e", `require.resolve("${name}")`);
    installed.push(command);
  }
  if (installed.length < 5) throw new Error(`only ${installed.length} install commands were found`);
  return `${installed.length} commands install their packages, and the entries for them can be imported`;
}
