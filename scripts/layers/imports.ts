import { cruise, type ICruiseResult, type IDependency } from "dependency-cruiser";
import { covers, layers, rowOf } from "./table.ts";

/** The import graph as it was read, and what the layer table refuses of it. */
export interface Imports {
  /** The files read, by their path in `src/`. */
  readonly modules: readonly string[];
  readonly dependencies: number;
  readonly refusals: readonly string[];
}

/** Reads the imports, type imports included, of all files in `root/src`, and holds them against the table. */
export async function checkImports(root: string): Promise<Imports> {
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
    // Every import of a cycle reports it; the file that comes first by name does so for all.
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
    return `of Node's modules, ${row} may import ${listed(builtins)}`;
  }
  if (!module.startsWith(".") && !packages.includes(packageOf(module))) {
    return `of packages, ${row} may import ${listed(packages)}`;
  }
  if (dependency.couldNotResolve) return "it cannot be resolved";
  const target = inSource(resolved);
  if (target === undefined) return module.startsWith(".") ? "it lies outside src/" : undefined;
  if (/(^|\/)index\.ts$/.test(target) && path !== "index.ts") {
    return "an index.ts is for users; import the file that has what you need";
  }
  if (isOwn(path, row, target) || imports.some((place) => covers(place, target))) return undefined;
  if (!types.some((place) => covers(place, target)))
    return `${row} may import ${listed([...imports, ...types])}`;
  const isType = dependencyTypes.some((type) => type === "type-only" || type === "type-import");
  if (!isType) return `from there ${row} may import only types`;
  return undefined;
}

function isOwn(path: string, row: string, target: string): boolean {
  if (rowOf(target) !== row) return false;
  return layers[row]!.apart !== true || unitOf(path, row) === unitOf(target, row);
}

/** The part of an `apart` folder that a path belongs to: a file in it, or a folder of its own. */
function unitOf(path: string, row: string): string {
  return path.slice(row.length).split("/")[0]!;
}

function inSource(path: string): string | undefined {
  return path.startsWith("src/") ? path.slice("src/".length) : undefined;
}

function packageOf(module: string): string {
  return /^(@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? module;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}
