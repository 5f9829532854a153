import type { Difference } from "../difference.ts";
import { MalformedTraceError } from "../json-readers.ts";
import { performStep } from "./perform-step.ts";
import { brokenPromises } from "./promises.ts";
import { isSkipped } from "./skipped-steps.ts";
import { type ReplayMode, StateReplay, type StateReplayOptions } from "./state-replay.ts";
import type { StateStep, StateTrace } from "./state-trace.ts";
import { endDifferences, stepDifferences } from "./step-differences.ts";

/**
 * Where our set does not do what must hold of this trace; nothing, when it passes. Each of its checks is judged in a
 * replay of its own, because they send different messages; and in one of them all messages are ours.
 */
export function verifyStateTrace(trace: StateTrace): Difference[] {
  const judgings: readonly ReplayMode[] = trace.check.includes("converge")
    ? trace.check
    : [...trace.check, "promises"];
  return judgings.flatMap((judging) => replayStateTrace(trace, { judging }));
}

/** Replays a trace on our sets up to the first step that differs: what follows on one tells nothing new. */
export function replayStateTrace(trace: StateTrace, options: StateReplayOptions): Difference[] {
  const { judging } = options;
  const world = new StateReplay(options);
  for (const name of trace.replicas) world.start(name);
  for (const [who, whom] of trace.introductions) world.replica(who).set.show(whom);
  let at = "the start";
  for (const [index, step] of trace.steps.entries()) {
    at = `step ${index} (${step.op} at ${step.replica})`;
    const differences = isSkipped(step, world) ? [] : play(step, world);
    if (differences.length > 0) return differences.map((what) => ({ check: judging, at, what }));
  }
  if (judging !== "converge") return [];
  return endDifferences(world).map((what) => ({ check: judging, at: `the end, after ${at}`, what }));
}

function play(step: StateStep, world: StateReplay): string[] {
  try {
    const change = performStep(step, world);
    world.running.get(step.replica)?.follower.follow(change);
    const differences = world.mode === "exact" ? stepDifferences(step, change, world) : [];
    return [...differences, ...brokenPromises(world)];
  } catch (error) {
    if (error instanceof MalformedTraceError) return [`the trace does not fit together: ${error.message}`];
    return [`it threw ${error instanceof Error ? error.stack : error}`];
  }
}
