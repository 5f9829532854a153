import type { Difference } from "../difference.ts";
import { MalformedTraceError } from "../json-readers.ts";
import { performStep } from "./perform-step.ts";
import { brokenPromises } from "./promises.ts";
import { isSkipped } from "./skipped-steps.ts";
import { type ReplayMode, StateReplay, type StateReplayOptions } from "./state-replay.ts";
import type { StateStep, StateTrace } from "./state-trace.ts";
import { endDifferences, stepDifferences } from "./step-differences.ts";

/**
 * Replays a trace and returns the differences, which are empty if it passes. Each check has a replay of its own, because
 * the checks send different messages. In at least one replay all messages are our own.
 */
export function verifyStateTrace(trace: StateTrace): Difference[] {
  const modes: readonly ReplayMode[] = trace.check.includes("converge")
    ? trace.check
    : [...trace.check, "promises"];
  return modes.flatMap((mode) => replayStateTrace(trace, { mode }));
}

/** Replays a trace on our sets up to the first step that differs. */
export function replayStateTrace(trace: StateTrace, options: StateReplayOptions): Difference[] {
  const { mode } = options;
  const replay = new StateReplay(options);
  for (const name of trace.replicas) replay.start(name);
  for (const [name, peer] of trace.introductions) replay.replica(name).set.show(peer);
  let at = "the start";
  for (const [index, step] of trace.steps.entries()) {
    at = `step ${index} (${step.op} at ${step.replica})`;
    const differences = isSkipped(step, replay) ? [] : replayStep(step, replay);
    if (differences.length > 0) return differences.map((what) => ({ check: mode, at, what }));
  }
  if (mode !== "converge") return [];
  return endDifferences(replay).map((what) => ({ check: mode, at: `the end, after ${at}`, what }));
}

function replayStep(step: StateStep, replay: StateReplay): string[] {
  try {
    const change = performStep(step, replay);
    replay.running.get(step.replica)?.follower.follow(change);
    const differences = replay.mode === "exact" ? stepDifferences(step, change, replay) : [];
    return [...differences, ...brokenPromises(replay)];
  } catch (error) {
    if (error instanceof MalformedTraceError) return [`the trace contradicts itself: ${error.message}`];
    return [`it threw ${error instanceof Error ? error.stack : error}`];
  }
}
