import { cruise, type ICruiseResult, type IDependency } from "dependency-cruiser";
import { covers, layers, rowOf } from "./table.ts";

/** The import graph of `src/`, and the imports that the layer table refuses. */
export interface ImportReport {
  /** The files that were read, by their path in `src/`. */
  readonly modules: readonly string[];
  readonly dependencies: number;
  readonly refusals: readonly string[];
}

/** Checks the imports of all files in `root/src`, including type imports, against the table. */
export async function checkImports(root: string): Promise<ImportReport> {
  const { output } = await cruise(["src"], { baseDir: root, tsPreCompilationDeps: true });
  const modules: string[] = [];
  const refusals: string[] = [];
  let dependencies = 0;
  for (const module of (output as ICruiseResult).modules) {
    const path = inSource(module.source);
    if (path === undefined) continue;
    modules.push(path);
    dependencies += module.dependencies.length;
    refusals.push(...refusalsOf(path, module.dependencies));
  }
  return { modules, dependencies, refusals };
}

function refusalsOf(path: string, dependencies: readonly IDependency[]): string[] {
  const row = rowOf(path);
  if (row === undefined) return [`src/${path}: no row of the layer table covers it`];
  const refusals: string[] = [];
  for (const dependency of dependencies) {
    const why = whyRefused(path, row, dependency);
    if (why !== undefined) refusals.push(`src/${path} imports ${dependency.module}: ${why}`);
    const cycle = (dependency.cycle ?? []).map(({ name }) => name);
    // Each import in a cycle reports the cycle. Only the file with the first name counts.
    if (cycle.every((name) => `src/${path}` <= name) && cycle.length > 0) {
      refusals.push(`src/${path} is in a cycle: it imports ${cycle.join(", which imports ")}`);
    }
  }
  return refusals;
}

function whyRefused(path: string, row: string, dependency: IDependency): string | undefined {
  const { builtins = [], packages = [], imports = [], types = [] } = layers[row]!;
  const { resolved, module, dependencyTypes } = dependency;
  if (dependencyTypes.includes("core")) {
    if (builtins === "all" || builtins.includes(resolved)) return undefined;
    return `of Node's modules, ${row} may import ${listOf(builtins)}`;
  }
  if (!module.startsWith(".") && !packages.includes(packageOf(module))) {
    return `of packages, ${row} may import ${listOf(packages)}`;
  }
  if (dependency.couldNotResolve) return "it cannot be resolved";
  const target = inSource(resolved);
  if (target === undefined) return module.startsWith(".") ? "it is outside src/" : undefined;
  if (/(^|\/)index\.ts$/.test(target) && path !== "index.ts") {
    return "index.ts files are for users; import the file itself";
  }
  if (isOwn(path, row, target) || imports.some((place) => covers(place, target))) return undefined;
  if (!types.some((place) => covers(place, target)))
    return `${row} may import ${listOf([...imports, ...types])}`;
  const isType = dependencyTypes.some((type) => type === "type-only" || type === "type-import");
  if (!isType) return `${row} may import only types from there`;
  return undefined;
}

function isOwn(path: string, row: string, target: string): boolean {
  if (rowOf(target) !== row) return false;
  return layers[row]!.apart !== true || unitOf(path, row) === unitOf(target, row);
}

/** The unit of an `apart` folder that a path belongs to: a file or a subfolder. */
function unitOf(path: string, row: string): string {
  return path.slice(row.length).split("/")[0]!;
}

function inSource(path: string): string | undefined {
  return path.startsWith("src/") ? path.slice("src/".length) : undefined;
}

function packageOf(module: string): string {
  return /^(@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? module;
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}
