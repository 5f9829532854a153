import type { Difference } from "../difference.ts";
import { MalformedTraceError } from "../json-readers.ts";
import { DiffFollower } from "./diff-follower.ts";
import { performStep } from "./perform-step.ts";
import { PresenceReplay } from "./presence-replay.ts";
import type { PresenceStep, PresenceTrace } from "./presence-trace.ts";
import { brokenPromises } from "./promises.ts";
import { eventDifferences, resultDifferences } from "./step-differences.ts";

/**
 * Where our presence does not do what must hold of this trace; nothing, when it passes. It is replayed up to the first
 * step that differs: what follows on one tells nothing new. Without `exact` only our own promises are held against it.
 */
export async function verifyPresenceTrace(trace: PresenceTrace): Promise<Difference[]> {
  const check = trace.check.includes("exact") ? "exact" : "promises";
  const world = new PresenceReplay(trace);
  await world.open();
  const members = new Map(trace.topics.map((topic) => [topic, new DiffFollower()]));
  try {
    for (const [index, step] of trace.steps.entries()) {
      const differences = await play(step, world, members, trace);
      if (differences.length === 0) continue;
      const at = `step ${index} (${step.op}${"pid" in step ? ` of ${step.pid}` : ""})`;
      return differences.map((what) => ({ check, at, what }));
    }
    return [];
  } finally {
    await world.close();
  }
}

async function play(
  step: PresenceStep,
  world: PresenceReplay,
  members: ReadonlyMap<string, DiffFollower>,
  { check, handlesMetas }: PresenceTrace,
): Promise<string[]> {
  try {
    const outcome = await performStep(step, world);
    const told = world.takeDiffs();
    const differences = check.includes("exact")
      ? [
          ...resultDifferences(step, outcome, world),
          ...eventDifferences(step, told, members, world, handlesMetas),
        ]
      : [];
    return [...differences, ...(await brokenPromises(world, told))];
  } catch (error) {
    if (error instanceof MalformedTraceError) return [`the trace does not fit together: ${error.message}`];
    return [`it threw ${error instanceof Error ? error.stack : error}`];
  }
}
