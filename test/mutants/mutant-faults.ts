import { basename, dirname } from "node:path";
import { parseMutant } from "./mutant.ts";
import { matchTests, type NamedTest } from "./vitest-report.ts";

/** A patch file and the facts about it that do not stand in it. */
export interface MutantPatch {
  /** Its path in the folder of the mutants, as in `crdt/merge--forgets-every-leave.patch`. */
  readonly name: string;
  readonly text: string;
  /** The files that it changes, or the reason why it does not apply to the present code. */
  readonly changes: readonly string[] | { readonly error: string };
}

/** The tests of each file, by its path from the root of the repository, or the reason why they are unknown. */
export type TestsByFile = ReadonlyMap<string, readonly NamedTest[] | { readonly error: string }>;

/** What a mutant may change, in words. */
export const MUTABLE = "src/ or the checker of the chaos runs in test/brokers/";

/** Whether a mutant may change a file. It must not change a test, because that would prove nothing. */
export function mayChange(path: string): boolean {
  return path.startsWith("src/") || /^test\/brokers\/(chaos|support)\/[^/]+(?<!\.test)\.ts$/.test(path);
}

/** One text for each fault of a mutant that can be found without planting it. */
export function mutantFaults({ name, text, changes }: MutantPatch, tests: TestsByFile): string[] {
  const faults = "error" in changes ? [changes.error] : pathFaults(name, changes);
  try {
    const { file, test } = parseMutant(text);
    return [...faults, ...testFaults(file, test, tests.get(file))];
  } catch (error) {
    return [...faults, (error as Error).message];
  }
}

function pathFaults(name: string, changed: readonly string[]): string[] {
  const outside = changed.filter((path) => !mayChange(path));
  if (outside.length > 0) return [`it changes ${outside.join(", ")}; a mutant changes ${MUTABLE} only`];
  const [, file] = /^(.+?)--.+\.patch$/.exec(basename(name)) ?? [];
  if (file === undefined) return ["its name is not FILE--FAULT.patch"];
  const named = changed.filter((path) => basename(path).replace(/\.tsx?$/, "") === file);
  if (named.length === 0) return [`its name starts with ${file}, but it changes ${changed.join(", ")}`];
  const layers = [...new Set(named.map(layerOf))];
  if (layers.includes(dirname(name))) return [];
  return [`it belongs into the folder ${layers.join(" or ")}, because it changes ${named.join(", ")}`];
}

/** The first folder below `src/` or `test/`, or `src` for a file that is in no other folder. */
function layerOf(path: string): string {
  const folders = dirname(path).split("/");
  return folders[1] ?? "src";
}

function testFaults(file: string, test: string, found: ReturnType<TestsByFile["get"]>): string[] {
  if (found === undefined) return [`there is no file ${file}`];
  if ("error" in found) return [`${file} can't be read: ${found.error}`];
  const matches = matchTests(found, test);
  if (matches.length === 1) return [];
  if (matches.length === 0) return [`${file} has no test "${test}"`];
  return [
    `${matches.length} tests of ${file} match "${test}": ${matches.map((one) => one.fullName).join("; ")}`,
  ];
}
