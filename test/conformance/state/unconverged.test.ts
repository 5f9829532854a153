import { describe, expect, it } from "vitest";
import {
  failureOf,
  type RawEntry,
  type RawStateStep,
  type RawStateTrace,
  tracesToCorrupt,
} from "./raw-state-trace.ts";

/** Verified only by their last state. */
const traces: RawStateTrace[] = Array.from(tracesToCorrupt("converge"), (trace) => ({
  ...trace,
  check: ["converge"],
}));

describe("a state trace that must converge fails, with its name,", () => {
  it("when a message of the final exchange is lost", async () => {
    const failures = await Promise.all(
      traces.map(async (trace) => {
        return { trace, failure: await failureOf({ ...trace, steps: withoutLastChange(trace.steps) }) };
      }),
    );
    const failed = failures.filter(({ failure }) => failure !== undefined);
    for (const { trace, failure } of failed) {
      expect(failure).toContain(`: ${trace.name}\n  converge, the end, after step `);
    }
    // In the other traces, a second replica sent the same changes.
    expect(failed.length).toBeGreaterThan(traces.length / 3);
  });

  it("when a user joins after the final exchange", async () => {
    for (const trace of traces) {
      const { replica } = trace.steps.at(-1)!;
      const late = { topic: "lobby", pid: "late", key: "late", meta: {}, expect: { tag: [replica, 1] } };
      const failure = await failureOf({
        ...trace,
        steps: [...trace.steps, { op: "join", replica, ...late }],
      });
      const end = `the end, after step ${trace.steps.length} (join at ${replica})`;
      expect(failure).toContain(`: ${trace.name}\n  converge, ${end}: `);
      expect(failure).toContain(`    only expected: "lobby" "late" {} of "late"`);
    }
  });

  it("when a user leaves after the final exchange", async () => {
    const ended = traces.flatMap((trace) => {
      const entry = trace.steps.findLast(({ op }) => op === "check")?.expect?.online[0];
      return entry === undefined ? [] : [{ trace, entry }];
    });
    expect(ended.length).toBeGreaterThan(traces.length / 2);
    for (const { trace, entry } of ended) {
      const failure = await failureOf({ ...trace, steps: [...trace.steps, leave(entry)] });
      expect(failure).toContain(
        `: ${trace.name}\n  converge, the end, after step ${trace.steps.length} (leave at `,
      );
      expect(failure).toContain(`    only ours:     "${entry.topic}" "${entry.key}"`);
    }
  });
});

/** Removes the last merge that changed anything. */
function withoutLastChange(steps: readonly RawStateStep[]): RawStateStep[] {
  const last = steps.findLastIndex(({ op, expect: expected }) => {
    return op === "merge" && [...expected!.joins, ...expected!.leaves].length > 0;
  });
  return steps.toSpliced(last, 1);
}

function leave({ topic, pid, key, tag }: RawEntry): object {
  return { op: "leave", replica: tag[0], topic, pid, key, expect: { leaves: [] } };
}
