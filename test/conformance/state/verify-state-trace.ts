import type { Difference } from "../difference.ts";
import { MalformedError } from "../json-readers.ts";
import { act } from "./perform-step.ts";
import { brokenPromises } from "./promises.ts";
import { isSkipped } from "./skipped-steps.ts";
import { type Judging, World, type WorldOptions } from "./state-replay.ts";
import type { StateTrace, Step } from "./state-trace.ts";
import { endDifferences, stepDifferences } from "./step-differences.ts";

/**
 * Where our set does not do what must hold of this trace; nothing, when it passes. Each of its checks is judged in a
 * replay of its own, because they send different messages; and in one of them all messages are ours.
 */
export function judgeStateTrace(trace: StateTrace): Difference[] {
  const judgings: readonly Judging[] = trace.check.includes("converge")
    ? trace.check
    : [...trace.check, "promises"];
  return judgings.flatMap((judging) => replay(trace, { judging }));
}

/** Replays a trace on our sets up to the first step that differs: what follows on one tells nothing new. */
export function replay(trace: StateTrace, options: WorldOptions): Difference[] {
  const { judging } = options;
  const world = new World(options);
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

function play(step: Step, world: World): string[] {
  try {
    const change = act(step, world);
    world.running.get(step.replica)?.follower.follow(change);
    const differences = world.judging === "exact" ? stepDifferences(step, change, world) : [];
    return [...differences, ...brokenPromises(world)];
  } catch (error) {
    if (error instanceof MalformedError) return [`the trace does not fit together: ${error.message}`];
    return [`it threw ${error instanceof Error ? error.stack : error}`];
  }
}
