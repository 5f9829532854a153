import { describe, expect, it } from "vitest";
import { linesOf, pathOf } from "./carried.ts";
import { Report } from "./report.ts";
import { replay } from "./state/judge.ts";
import { readStateTrace } from "./state/read-trace.ts";

describe("the carried traces", () => {
  for (const { file, traces } of [
    { file: "state", traces: 250 },
    { file: "state-cases", traces: 13 },
    { file: "presence", traces: 170 },
  ]) {
    it(`does what the reference did in all ${traces} traces of ${file}`, async () => {
      const report = new Report();
      await report.addFile(pathOf(file));
      expect(report.failures.join("\n")).toBe("");
      expect(report.passed).toBe(traces);
      expect(linesOf(file)).toHaveLength(traces);
    });
  }

  for (const { kind, traces } of [{ kind: "channels", traces: 101 }]) {
    it(`counts the ${traces} traces of kind ${kind}, and claims nothing of them`, async () => {
      const report = new Report();
      await report.addFile(pathOf(kind));
      expect(report).toMatchObject({ passed: 0, judged: 0, failures: [] });
      expect(report.unsupported).toEqual(new Map([[kind, traces]]));
    });
  }

  it("comes to the same where the log of leaves is too short to be of use", async () => {
    const traces = linesOf("state").map((line) => readStateTrace(JSON.parse(line)));
    const converging = traces.filter(({ check }) => check.includes("converge"));
    expect(converging.length).toBeGreaterThan(100);
    const differences = converging.flatMap((trace) => replay(trace, { judging: "converge", logLimit: 1 }));
    expect(differences).toEqual([]);
  });
});
