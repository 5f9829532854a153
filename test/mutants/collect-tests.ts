import { existsSync } from "node:fs";
import { join } from "node:path";
import { createVitest, type TestModule } from "vitest/node";
import type { TestsByFile } from "./mutant-faults.ts";

/** Collects the names of the tests in these files and runs no test. A skipped test counts as missing. */
export async function collectTests(repository: string, files: readonly string[]): Promise<TestsByFile> {
  const existing = files.filter((file) => existsSync(join(repository, file)));
  const vitest = await createVitest("test", {
    root: repository,
    watch: false,
    reporters: [{}],
  });
  try {
    const { testModules } = await vitest.collect(existing.map((file) => join(repository, file)));
    const modules = new Map(testModules.map((module) => [module.moduleId, module]));
    return new Map(existing.map((file) => [file, testsOf(modules.get(join(repository, file)))]));
  } finally {
    await vitest.close();
  }
}

function testsOf(module: TestModule | undefined): ReturnType<TestsByFile["get"]> & object {
  if (module === undefined) return { error: "no project of vitest includes it" };
  const [error] = module.errors();
  if (error !== undefined) return { error: error.message };
  const tests = [...module.children.allTests()].filter((test) => test.options.mode !== "skip");
  return tests.map((test) => ({ title: test.name, fullName: test.fullName }));
}
