import { entries, type Project, peers } from "./project.ts";

/** Without peers, every entry loads with `import` and `require`. An entry that needs a peer fails with its name. */
export function checkBare(project: Project): string {
  for (const entry of entries) {
    const peer = peers[entry];
    if (peer === undefined) checkNames(project, entry);
    else for (const load of ["import", "require"] as const) checkNamesPeer(project, load, entry, peer);
  }
  const alone = entries.filter((entry) => !(entry in peers)).length;
  return `${alone} entries load without peers; ${Object.entries(peers)
    .map((pair) => pair.join(" needs "))
    .join(", ")}`;
}

/** With its peer installed, each of the other entries loads too. */
export function checkWithPeers(project: Project): string {
  for (const entry of Object.keys(peers)) checkNames(project, entry);
  return `${Object.keys(peers).join(", ")} load`;
}

/** `import` and `require` give the same names, and at least one. */
function checkNames(project: Project, entry: string): void {
  const [imported, required] = [
    project.run("node", ...namesBy("import", entry)),
    project.run("node", ...namesBy("require", entry)),
  ];
  console.log(`  ${entry}: ${imported.trim()}`);
  if (imported.trim() === "" || imported !== required) {
    throw new Error(
      `import and require of ${entry} give different names or no names: ${imported} and ${required}`,
    );
  }
}

function checkNamesPeer(project: Project, load: "import" | "require", entry: string, peer: string): void {
  const message = failureOf(() => project.run("node", ...namesBy(load, entry)));
  const [line] = /^Error.*: Cannot find (package|module) .*/m.exec(message) ?? [message];
  console.log(`  ${load} of ${entry}: ${line.replaceAll(project.folder, "")}`);
  if (!new RegExp(`Cannot find (package|module) '${peer}'`).test(line)) {
    throw new Error(`${load} of ${entry} without ${peer} must fail with its name, but: ${message}`);
  }
}

function failureOf(run: () => string): string {
  try {
    return `it succeeded: ${run()}`;
  } catch (error) {
    return String(error);
  }
}

function namesBy(load: "import" | "require", entry: string): string[] {
  const names = "console.log(Object.keys(all).filter((name) => name !== 'default').sort().join())";
  if (load === "import") return ["--input-type=module", "-e", `import * as all from '${entry}'; ${names}`];
  return ["--input-type=commonjs", "-e", `const all = require('${entry}'); ${names}`];
}
