import { describe, expect, it } from "vitest";
import { type MutantPatch, mutantFaults, type TestsByFile } from "./mutant-faults.ts";

const tests: TestsByFile = new Map([
  [
    "test/crdt/merge.test.ts",
    [
      { title: "forgets a leave", fullName: "merge > forgets a leave" },
      { title: "forgets a leave twice", fullName: "merge > forgets a leave twice" },
      { title: "keeps a join", fullName: "merge > keeps a join" },
    ],
  ],
  ["test/crdt/broken.test.ts", { error: "Cannot find module './gone.ts'" }],
]);

describe("checking a mutant", () => {
  it("finds no fault if its place, its name and its test are right", () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ test: "forgets a leave" })).toEqual([]);
    expect(faultsOf({ test: "merge > keeps a" })).toEqual([]);
  });

  it("takes a file in a subfolder as part of its layer, and src itself as a layer", () => {
    expect(faultsOf({ name: "phoenix/channel--x.patch", changes: ["src/phoenix/a/channel.tsx"] })).toEqual(
      [],
    );
    expect(faultsOf({ name: "src/errors--x.patch", changes: ["src/errors.ts"] })).toEqual([]);
  });

  it("takes the checker of the chaos runs as a layer, but no test of it", () => {
    const changed = (path: string) => faultsOf({ name: "brokers/visits--x.patch", changes: [path] });
    expect(changed("test/brokers/chaos/visits.ts")).toEqual([]);
    expect(changed("test/brokers/support/visits.ts")).toEqual([]);
    for (const path of ["test/brokers/chaos/visits.test.ts", "test/brokers/visits.ts", "test/crdt/visits.ts"])
      expect(changed(path)).toEqual([expect.stringContaining(`it changes ${path}`)]);
  });

  it("lets a mutant change more files than the one in its name", () => {
    expect(faultsOf({ changes: ["src/wire/encode.ts", "src/crdt/merge.ts"] })).toEqual([]);
  });

  it.each<[what: string, mutant: Parameters<typeof faultsOf>[0], fault: string]>([
    ["a patch that does not apply", { changes: { error: "it does not apply: line 7" } }, "line 7"],
    ["a change outside src/", { changes: ["src/crdt/merge.ts", "package.json"] }, "it changes package.json"],
    ["a name without a fault", { name: "crdt/merge.patch" }, "its name is not FILE--FAULT.patch"],
    ["the name of another file", { name: "crdt/set--x.patch" }, "its name starts with set, but it changes"],
    ["the folder of another layer", { name: "wire/merge--x.patch" }, "it belongs into the folder crdt"],
    ["a header without a test", { test: "" }, "its header lacks the line Test:"],
    ["a test file that is missing", { file: "test/crdt/gone.test.ts" }, "there is no file test/crdt/gone"],
    ["a test file with an error", { file: "test/crdt/broken.test.ts" }, "Cannot find module './gone.ts'"],
    ["a test that is missing", { test: "forgets everything" }, 'has no test "forgets everything"'],
    ["an ambiguous test", { test: "merge forgets" }, "2 tests of test/crdt/merge.test.ts match"],
  ])("reports %s", (_, mutant, fault) => {
    expect(faultsOf(mutant)).toEqual([expect.stringContaining(fault)]);
  });

  it("reports the faults of the patch and of the test together", () => {
    expect(faultsOf({ name: "wire/merge--x.patch", test: "gone" })).toHaveLength(2);
  });
});

function faultsOf({
  name = "crdt/merge--forgets-leaves.patch",
  file = "test/crdt/merge.test.ts",
  test = "keeps a join",
  changes = ["src/crdt/merge.ts"],
}: Partial<Pick<MutantPatch, "name" | "changes"> & { file: string; test: string }>): string[] {
  const text = `Bug: A merge forgets leaves.\nFile: ${file}\nTest: ${test}\n\ndiff --git a/x b/x\n`;
  return mutantFaults({ name, text, changes }, tests);
}
