import { existsSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { checkEntries } from "./entries.ts";
import { checkGlobals } from "./globals.ts";
import { checkImports } from "./imports.ts";
import { checkTestImports } from "./test-imports.ts";

/** Folders that have no rows in the layer table. They may import everything but `test/`. */
const TOOLS = ["bench", "examples", "scripts"];

/** The result of a check. The counts show that it did read files. */
export interface LayerReport {
  /** Files of `src/`. */
  readonly modules: number;
  readonly dependencies: number;
  /** Files of `bench/`, `examples/` and `scripts/`. */
  readonly tools: number;
  /** One line each, which starts with the file. */
  readonly refusals: readonly string[];
}

/**
 * Checks `root/src` against the layer table, and that the tools import no test. A test can pass its own `readImports`.
 */
export async function checkLayers(
  root: string,
  readImports: typeof checkImports = checkImports,
): Promise<LayerReport> {
  const files = codeIn(join(root, "src"));
  if (files.length === 0) {
    return { modules: 0, dependencies: 0, tools: 0, refusals: ["src: no source file was found"] };
  }
  const tools = TOOLS.flatMap((folder) => codeIn(join(root, folder)).map((path) => `${folder}/${path}`));
  const sources = files.filter((path) => /\.tsx?$/.test(path));
  const foreign = files.filter((path) => !sources.includes(path));
  const { modules, dependencies, refusals } = await readImports(root);
  // With an unsupported version of TypeScript, dependency-cruiser reads nothing and reports success.
  const unread = files.filter((path) => !modules.includes(path));
  return {
    modules: modules.length,
    dependencies,
    tools: tools.length,
    refusals: [
      ...unread.map((path) => `src/${path}: dependency-cruiser did not read it`),
      ...foreign.map((path) => `src/${path}: sources must be .ts or .tsx`),
      ...refusals,
      ...checkEntries(root, sources),
      ...checkGlobals(root, sources),
      ...checkTestImports(root, tools),
    ],
  };
}

/** All JavaScript and TypeScript files under a folder, by their path from there. */
function codeIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return paths.filter((path) => /\.[cm]?[jt]sx?$/.test(path)).map((path) => path.split(sep).join("/"));
}
