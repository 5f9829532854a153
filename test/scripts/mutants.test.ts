import { describe, expect, it } from "vitest";
import { parseMutant } from "../mutants/mutant.ts";
import { namePattern, outcomeOf, type VitestReport } from "../mutants/vitest-report.ts";

describe("a mutant's patch file", () => {
  const diff =
    "diff --git a/src/crdt/merge.ts b/src/crdt/merge.ts\n--- a/src/crdt/merge.ts\n+++ b/src/crdt/merge.ts\n";
  const header =
    "Bug: The dead stay.\nFile: test/crdt/merge.test.ts\nTest: a leave: takes the presence away \n\n";

  it("says the bug, the file and the test in front of its diff", () => {
    expect(parseMutant(header + diff)).toEqual({
      bug: "The dead stay.",
      file: "test/crdt/merge.test.ts",
      test: "a leave: takes the presence away",
    });
  });

  it.each([
    ["no line for the test", header.replace(/Test: .*/, "") + diff, "lacks the line Test:"],
    ["a line with nothing on it", header.replace("The dead stay.", "") + diff, "lacks the line Bug:"],
    ["two bugs", `Bug: Another.\n${header}${diff}`, "two lines Bug:"],
    ["a line of its own invention", `Author: alice\n${header}${diff}`, "Author: alice"],
    ["its lines behind the diff", diff + header, "lacks the line Bug:"],
    ["no diff", header, "has no diff"],
  ])("is refused with %s", (_, patch, message) => {
    expect(() => parseMutant(patch)).toThrow(message);
  });
});

describe("a run of a mutant's test", () => {
  const file = "test/crdt/merge.test.ts";

  it("finds the bug when that test fails", () => {
    const report = reportOf([
      failed("merge drops the dead", "AssertionError: expected 1 to be 0\n    at …"),
      passed("merge joins"),
    ]);
    expect(outcomeOf(report, file, "drops the dead")).toEqual({
      kind: "failed",
      message: "AssertionError: expected 1 to be 0",
    });
  });

  it("misses it when that test passes, whatever the others do", () => {
    const report = reportOf([passed("merge drops the dead"), failed("merge joins", "AssertionError: no")]);
    expect(outcomeOf(report, file, "drops the dead")).toEqual({
      kind: "passed",
      fullName: "merge drops the dead",
    });
  });

  it("prefers the test of exactly that name to those that contain it", () => {
    const report = reportOf([
      passed("merge drops", "drops"),
      failed("merge drops twice", "AssertionError: no", "drops twice"),
    ]);
    expect(outcomeOf(report, file, "drops")).toEqual({ kind: "passed", fullName: "merge drops" });
    expect(outcomeOf(report, file, "merge > drops")).toEqual({ kind: "passed", fullName: "merge drops" });
  });

  it.each<[what: string, report: VitestReport, why: string]>([
    ["the name fits no test", reportOf([passed("merge joins")]), "no test of that name ran"],
    [
      "the test is skipped",
      reportOf([{ ...passed("merge drops the dead"), status: "skipped" }]),
      "no test of that name ran",
    ],
    [
      "the name fits two",
      reportOf([passed("wire drops the dead"), passed("merge drops the dead twice")]),
      "2 tests match",
    ],
    [
      "the file can't be collected",
      reportOf([], "Cannot find module './merge.ts'"),
      "Cannot find module './merge.ts'",
    ],
    ["the file isn't there", { testResults: [] }, "found no file"],
    [
      "the code is broken rather than wrong",
      reportOf([failed("drops the dead", "ReferenceError: gone is not defined\n    at …")]),
      "gone is not defined",
    ],
  ])("says nothing when %s", (_, report, why) => {
    const outcome = outcomeOf(report, file, "drops the dead");
    expect(outcome).toEqual({ kind: "unclear", why: expect.stringContaining(why) });
  });

  it("is of no other test: a name is taken literally, with vitest's arrows or without", () => {
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
