import { join } from "node:path";
import { entries, type Project, root } from "./project.ts";

/** How people have TypeScript find a package. */
const RESOLUTIONS = {
  nodenext: { module: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
  preserved: { module: "preserve", moduleResolution: "bundler" },
};

/** Clients of Redis speak of Node's buffers; channels and the inspector of its requests; arbitraries of fast-check. */
const FOR_NODE = /redis|phoenix|inspector|arbitraries/;

/** As in a browser project, with nothing of Node's installed. */
export function checkBrowserTypes(project: Project): string {
  const names = entries.filter((entry) => !FOR_NODE.test(entry));
  return checkTypes(project, names, [], ["nodenext", "bundler"]);
}

export function checkNodeTypes(project: Project): string {
  return checkTypes(project, entries, ["node"], ["nodenext", "preserved"]);
}

/** Strictly, and with the declarations of the library itself checked. */
function checkTypes(
  project: Project,
  names: readonly string[],
  types: readonly string[],
  resolutions: readonly (keyof typeof RESOLUTIONS)[],
): string {
  names.forEach((entry, index) => {
    project.write(`types/by-import-${index}.ts`, importing(entry));
    project.write(`types/by-require-${index}.cts`, requiring(entry));
  });
  for (const name of resolutions) {
    // Where a bundler resolves, only what is imported is asked for.
    const include = name === "nodenext" ? ["types/*.ts", "types/*.cts"] : ["types/*.ts"];
    const compilerOptions = {
      strict: true,
      skipLibCheck: false,
      target: "es2022",
      noEmit: true,
      types,
      ...RESOLUTIONS[name],
    };
    project.write(`tsconfig-${name}.json`, JSON.stringify({ compilerOptions, include }));
    project.run("node", join(root, "node_modules/typescript/bin/tsc"), "--project", `tsconfig-${name}.json`);
  }
  return `${names.length} entries, strict, with ${types.length > 0 ? "Node's types" : "no types but their own"}: ${resolutions.join(" and ")}`;
}

function importing(entry: string): string {
  return `import * as all from "${entry}";\nexport const names: string[] = Object.keys(all);\n`;
}

function requiring(entry: string): string {
  return `import all = require("${entry}");\nexport const names: string[] = Object.keys(all);\n`;
}
