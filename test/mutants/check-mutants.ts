import { readFileSync } from "node:fs";
import { join } from "node:path";
import { changedFiles } from "./apply-patch.ts";
import { collectTests } from "./collect-tests.ts";
import { parseMutant } from "./mutant.ts";
import { type MutantPatch, mutantFaults } from "./mutant-faults.ts";

/** Checks patch files without planting them. Returns one text for each fault, with the name of its patch. */
export async function checkMutants(
  repository: string,
  folder: string,
  names: readonly string[],
): Promise<string[]> {
  const patches = names.map((name): MutantPatch => {
    const text = readFileSync(join(folder, name), "utf8");
    return { name, text, changes: changesOf(repository, join(folder, name)) };
  });
  const tests = await collectTests(repository, [...new Set(patches.flatMap(testFileOf))]);
  return patches.flatMap((patch) => mutantFaults(patch, tests).map((fault) => `${patch.name}: ${fault}`));
}

function changesOf(repository: string, patch: string): MutantPatch["changes"] {
  try {
    return changedFiles(repository, patch);
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function testFileOf({ text }: MutantPatch): string[] {
  try {
    return [parseMutant(text).file];
  } catch {
    // `mutantFaults` reports it.
    return [];
  }
}
