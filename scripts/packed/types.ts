import { join } from "node:path";
import { entries, type Project, peers, root } from "./project.ts";

/** The compiler options that decide how TypeScript finds a package. */
const RESOLUTIONS = {
  nodenext: { module: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
  preserved: { module: "preserve", moduleResolution: "bundler" },
  // Does not read `exports`: it finds subpaths by their stub folders.
  node10: { module: "commonjs", moduleResolution: "node10" },
};

/** Entries whose types need those of Node: buffers, requests, or fast-check. */
const FOR_NODE = /redis|phoenix|inspector|arbitraries/;

/** In a browser project, without the types of Node. */
export function checkBrowserTypes(project: Project): string {
  const names = entries.filter((entry) => !FOR_NODE.test(entry));
  return checkTypes(project, names, [], ["nodenext", "bundler", "node10"]);
}

export function checkNodeTypes(project: Project): string {
  // The types of fast-check 4 have errors of their own under node10. Ours still resolve there.
  const [forFastCheck, others] = [true, false].map((wanted) =>
    entries.filter((entry) => (peers[entry] === "fast-check") === wanted),
  );
  return [
    checkTypes(project, entries, ["node"], ["nodenext", "preserved"]),
    checkTypes(project, others!, ["node"], ["node10"]),
    checkTypes(project, forFastCheck!, ["node"], ["node10"], { skipLibCheck: true }),
  ].join("; ");
}

/** Compiles imports of the entries in strict mode, which also checks our declarations unless `skipLibCheck` is set. */
function checkTypes(
  project: Project,
  names: readonly string[],
  types: readonly string[],
  resolutions: readonly (keyof typeof RESOLUTIONS)[],
  { skipLibCheck } = { skipLibCheck: false },
): string {
  const importingFiles = names.map((_, index) => `types/by-import-${index}.ts`);
  const requiringFiles = names.map((_, index) => `types/by-require-${index}.cts`);
  names.forEach((entry, index) => {
    project.write(importingFiles[index]!, importing(entry));
    project.write(requiringFiles[index]!, requiring(entry));
  });
  for (const name of resolutions) {
    // Only nodenext tells `require` from `import`.
    const files = name === "nodenext" ? [...importingFiles, ...requiringFiles] : importingFiles;
    const compilerOptions = {
      strict: true,
      skipLibCheck,
      target: "es2022",
      noEmit: true,
      types,
      ...RESOLUTIONS[name],
    };
    project.write(`tsconfig-${name}.json`, JSON.stringify({ compilerOptions, files }));
    project.run("node", join(root, "node_modules/typescript/bin/tsc"), "--project", `tsconfig-${name}.json`);
  }
  return `${names.length} ${names.length === 1 ? "entry" : "entries"}, strict, with ${types.length > 0 ? "Node's types" : "no types but their own"}: ${resolutions.join(", ")}`;
}

function importing(entry: string): string {
  return `import * as all from "${entry}";\nexport const names: string[] = Object.keys(all);\n`;
}

function requiring(entry: string): string {
  return `import all = require("${entry}");\nexport const names: string[] = Object.keys(all);\n`;
}
