import { existsSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { checkEntries } from "./entries.ts";
import { checkGlobals } from "./globals.ts";
import { checkImports } from "./imports.ts";

/** What was read, so that a check that saw nothing can't pass for one that found nothing. */
export interface LayerReport {
  readonly modules: number;
  readonly dependencies: number;
  /** One line each, the file first. */
  readonly refusals: readonly string[];
}

/** Holds all of `root/src` against the layer table. `readImports` is there for a test to see nothing read. */
export async function checkLayers(
  root: string,
  readImports: typeof checkImports = checkImports,
): Promise<LayerReport> {
  const files = codeIn(join(root, "src"));
  if (files.length === 0) return { modules: 0, dependencies: 0, refusals: ["src: no source file was found"] };
  const sources = files.filter((path) => /\.tsx?$/.test(path));
  const foreign = files.filter((path) => !sources.includes(path));
  const { modules, dependencies, refusals } = await readImports(root);
  // With a TypeScript that it can't use, dependency-cruiser reads nothing and calls it success.
  const unread = files.filter((path) => !modules.includes(path));
  return {
    modules: modules.length,
    dependencies,
    refusals: [
      ...unread.map((path) => `src/${path}: dependency-cruiser did not read it`),
      ...foreign.map((path) => `src/${path}: sources are .ts or .tsx here`),
      ...refusals,
      ...checkEntries(root, sources),
      ...checkGlobals(root, sources),
    ],
  };
}

/** Every file of code under a folder, whatever its language, by its path from there. */
function codeIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return paths.filter((path) => /\.[cm]?[jt]sx?$/.test(path)).map((path) => path.split(sep).join("/"));
}
