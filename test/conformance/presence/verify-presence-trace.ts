import type { Difference } from "../difference.ts";
import { MalformedTraceError } from "../json-readers.ts";
import { DiffFollower } from "./diff-follower.ts";
import { performStep } from "./perform-step.ts";
import { PresenceReplay } from "./presence-replay.ts";
import type { PresenceStep, PresenceTrace } from "./presence-trace.ts";
import { brokenPromises } from "./promises.ts";
import { eventDifferences, resultDifferences } from "./step-differences.ts";

/**
 * Replays a trace up to the first step that differs, and returns the differences, which are empty if it passes. Without
 * the check `exact`, only our own promises must hold.
 */
export async function verifyPresenceTrace(trace: PresenceTrace): Promise<Difference[]> {
  const check = trace.check.includes("exact") ? "exact" : "promises";
  const replay = new PresenceReplay(trace);
  await replay.open();
  const followers = new Map(trace.topics.map((topic) => [topic, new DiffFollower()]));
  try {
    for (const [index, step] of trace.steps.entries()) {
      const differences = await replayStep(step, replay, followers, trace);
      if (differences.length === 0) continue;
      const at = `step ${index} (${step.op}${"pid" in step ? ` of ${step.pid}` : ""})`;
      return differences.map((what) => ({ check, at, what }));
    }
    return [];
  } finally {
    await replay.close();
  }
}

async function replayStep(
  step: PresenceStep,
  replay: PresenceReplay,
  followers: ReadonlyMap<string, DiffFollower>,
  { check, handlesMetas }: PresenceTrace,
): Promise<string[]> {
  try {
    const outcome = await performStep(step, replay);
    const emitted = replay.takeDiffs();
    const differences = check.includes("exact")
      ? [
          ...resultDifferences(step, outcome, replay),
          ...eventDifferences(step, emitted, followers, replay, handlesMetas),
        ]
      : [];
    return [...differences, ...(await brokenPromises(replay, emitted))];
  } catch (error) {
    if (error instanceof MalformedTraceError) return [`the trace contradicts itself: ${error.message}`];
    return [`it threw ${error instanceof Error ? error.stack : error}`];
  }
}
