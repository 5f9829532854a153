import { planOf } from "../guide/command-plans.ts";
import { commandsIn } from "../guide/guide-commands.ts";
import { type Project, root } from "./project.ts";

/** What pages tell people to install, word for word but for the tarball in place of the registry's `rollcall`. */
export function checkInstalls(projectNamed: (name: string) => Project, tarball: string): string {
  const installed: string[] = [];
  for (const { command, page } of commandsIn(root)) {
    const plan = planOf(command);
    if (plan?.how !== "install") continue;
    console.log(`  ${page}: $ ${command}`);
    // A folder for each: what another page installed would hide what this one forgot.
    const project = projectNamed(`install-${installed.length}`);
    // A driver's page has the package installed already, by the README.
    if (!/\brollcall\b/.test(command)) project.run("npm", "install", "--no-audit", "--no-fund", tarball);
    project.run("bash", "-c", command.replace(/\brollcall\b/, `'${tarball}'`));
    project.run("node", "--input-type=module", "-e", `await import("${plan.imports}")`);
    for (const name of command.split(" ").slice(2)) project.run("node", "-e", `require.resolve("${name}")`);
    installed.push(command);
  }
  if (installed.length < 5) throw new Error(`only ${installed.length} commands that install were found`);
  return `${installed.length} commands install what they say, and what it is for is imported`;
}
