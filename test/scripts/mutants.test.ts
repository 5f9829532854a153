import { describe, expect, it } from "vitest";
import { parseMutant } from "../mutants/mutant.ts";
import { namePattern, outcomeOf, type VitestReport } from "../mutants/vitest-report.ts";

describe("a mutant's patch file", () => {
  const diff =
    "diff --git a/src/crdt/merge.ts b/src/crdt/merge.ts\n--- a/src/crdt/merge.ts\n+++ b/src/crdt/merge.ts\n";
  const header =
    "Bug: The dead stay.\nFile: test/crdt/merge.test.ts\nTest: a leave: takes the presence away \n\n";

  it("starts with the bug, the file and the test, before its diff", () => {
    expect(parseMutant(header + diff)).toEqual({
      bug: "The dead stay.",
      file: "test/crdt/merge.test.ts",
      test: "a leave: takes the presence away",
    });
  });

  it.each([
    ["no line for the test", header.replace(/Test: .*/, "") + diff, "lacks the line Test:"],
    ["an empty line for the bug", header.replace("The dead stay.", "") + diff, "lacks the line Bug:"],
    ["two lines for the bug", `Bug: Another.\n${header}${diff}`, "two lines Bug:"],
    ["an unknown line", `Author: alice\n${header}${diff}`, "Author: alice"],
    ["its lines after the diff", diff + header, "lacks the line Bug:"],
    ["no diff", header, "has no diff"],
  ])("is refused with %s", (_, patch, message) => {
    expect(() => parseMutant(patch)).toThrow(message);
  });
});

describe("the test of a mutant", () => {
  const file = "test/crdt/merge.test.ts";

  it("catches the bug when it fails", () => {
    const report = reportOf([
      failed("merge drops the dead", "AssertionError: expected 1 to be 0\n    at …"),
      passed("merge joins"),
    ]);
    expect(outcomeOf(report, file, "drops the dead")).toEqual({
      kind: "failed",
      message: "AssertionError: expected 1 to be 0",
    });
  });

  it("misses the bug when it passes, even if other tests fail", () => {
    const report = reportOf([passed("merge drops the dead"), failed("merge joins", "AssertionError: no")]);
    expect(outcomeOf(report, file, "drops the dead")).toEqual({
      kind: "passed",
      fullName: "merge drops the dead",
    });
  });

  it("is the one with exactly that name, rather than one whose name contains it", () => {
    const report = reportOf([
      passed("merge drops", "drops"),
      failed("merge drops twice", "AssertionError: no", "drops twice"),
    ]);
    expect(outcomeOf(report, file, "drops")).toEqual({ kind: "passed", fullName: "merge drops" });
    expect(outcomeOf(report, file, "merge > drops")).toEqual({ kind: "passed", fullName: "merge drops" });
  });

  it.each<[condition: string, report: VitestReport, why: string]>([
    ["no test has its name", reportOf([passed("merge joins")]), "no test of that name ran"],
    [
      "it is skipped",
      reportOf([{ ...passed("merge drops the dead"), status: "skipped" }]),
      "no test of that name ran",
    ],
    [
      "two tests contain its name",
      reportOf([passed("wire drops the dead"), passed("merge drops the dead twice")]),
      "2 tests match",
    ],
    [
      "its file cannot be loaded",
      reportOf([], "Cannot find module './merge.ts'"),
      "Cannot find module './merge.ts'",
    ],
    ["its file does not exist", { testResults: [] }, "found no file"],
    [
      "the code throws a ReferenceError",
      reportOf([failed("drops the dead", "ReferenceError: gone is not defined\n    at …")]),
      "gone is not defined",
    ],
  ])("has an unclear outcome when %s", (_, report, why) => {
    const outcome = outcomeOf(report, file, "drops the dead");
    expect(outcome).toEqual({ kind: "unclear", why: expect.stringContaining(why) });
  });

  it("is found by its literal name, with or without the arrows of vitest", () => {
    const pattern = new RegExp(namePattern("merge > drops [1..n] (any order)"));
    expect(pattern.test("merge drops [1..n] (any order)")).toBe(true);
    expect(pattern.test("merge > drops [1..n] (any order), twice")).toBe(true);
    expect(pattern.test("merge drops 1 any order")).toBe(false);
  });

  type Test = VitestReport["testResults"][number]["assertionResults"][number];

  function reportOf(tests: readonly Test[], message = ""): VitestReport {
    const status = message === "" && tests.every((test) => test.status !== "failed") ? "passed" : "failed";
    return { testResults: [{ name: `/clone/${file}`, status, message, assertionResults: tests }] };
  }

  function passed(fullName: string, title = fullName): Test {
    return { fullName, title, status: "passed", failureMessages: [] };
  }

  function failed(fullName: string, message: string, title = fullName): Test {
    return { fullName, title, status: "failed", failureMessages: [message] };
  }
});
