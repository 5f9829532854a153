import { describe, expect, it } from "vitest";
import { ConformanceReport } from "./conformance-report.ts";
import { readStateTrace } from "./state/read-state-trace.ts";
import { replayStateTrace } from "./state/verify-state-trace.ts";
import { bundledTraceLines, bundledTracePath } from "./trace-file.ts";

describe("the library", () => {
  for (const { file, traces } of [
    { file: "state", traces: 250 },
    { file: "state-cases", traces: 13 },
    { file: "presence", traces: 170 },
  ]) {
    it(`returns what the reference returned in all ${traces} traces of ${file}`, async () => {
      const report = new ConformanceReport();
      await report.addFile(bundledTracePath(file));
      expect(report.failures.join("\n")).toBe("");
      expect(report.passed).toBe(traces);
      expect(bundledTraceLines(file)).toHaveLength(traces);
    });
  }

  it("sends what the reference sent in all 77 channel traces that can be verified", async () => {
    const report = new ConformanceReport();
    await report.addFile(bundledTracePath("channels"));
    expect(report.failures.join("\n")).toBe("");
    expect(report.passed).toBe(77);
    const scenarios = report.notVerified.get("channels")!.map((name) => name.split("/")[0]);
    expect(scenarios).toHaveLength(24);
    expect(new Set(scenarios)).toEqual(new Set(WITH_TESTS_OF_THEIR_OWN));
  });

  it("converges in all traces when the leave log is too short to help", async () => {
    const traces = bundledTraceLines("state").map((line) => readStateTrace(JSON.parse(line)));
    const converging = traces.filter(({ check }) => check.includes("converge"));
    expect(converging.length).toBeGreaterThan(100);
    const differences = converging.flatMap((trace) =>
      replayStateTrace(trace, { mode: "converge", logLimit: 1 }),
    );
    expect(differences).toEqual([]);
  });
});

/** Scenarios that need more than frames, or that show one of several outcomes: `channels/*.test.ts` covers them. */
const WITH_TESTS_OF_THEIR_OWN = [
  "broadcast",
  "burst-join-state-before-own-diff",
  "connect-rejected",
  "fragmented-text-message",
  "invalid-utf8-text-frame",
  "leave-then-immediate-rejoin",
  "leave-then-immediate-rejoin-repeated",
  "max-channels",
  "official-binary-push",
  "official-channel-crash-rejoin",
  "official-connection-refused-403",
  "official-heartbeat",
  "official-leave-then-rejoin-same-object-topic",
  "official-malformed-then-reconnect",
  "official-presence-count-fetch",
  "official-presence-flow",
  "official-presence-push-first",
  "official-push-before-join",
  "official-server-disconnect",
  "official-server-stop",
  "oversized-frame",
  "server-graceful-shutdown",
];
