import type { Difference } from "../difference.ts";
import { MalformedError } from "../json-readers.ts";
import { Members } from "./diff-follower.ts";
import { act } from "./perform-step.ts";
import { World } from "./presence-replay.ts";
import type { PresenceTrace, Step } from "./presence-trace.ts";
import { brokenPromises } from "./promises.ts";
import { eventDifferences, resultDifferences } from "./step-differences.ts";

/**
 * Where our presence does not do what must hold of this trace; nothing, when it passes. It is replayed up to the first
 * step that differs: what follows on one tells nothing new. Without `exact` only our own promises are held against it.
 */
export async function judgePresenceTrace(trace: PresenceTrace): Promise<Difference[]> {
  const check = trace.check.includes("exact") ? "exact" : "promises";
  const world = new World(trace);
  await world.open();
  const members = new Map(trace.topics.map((topic) => [topic, new Members()]));
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
  step: Step,
  world: World,
  members: ReadonlyMap<string, Members>,
  { check, handlesMetas }: PresenceTrace,
): Promise<string[]> {
  try {
    const outcome = await act(step, world);
    const told = world.takeDiffs();
    const differences = check.includes("exact")
      ? [
          ...resultDifferences(step, outcome, world),
          ...eventDifferences(step, told, members, world, handlesMetas),
        ]
      : [];
    return [...differences, ...(await brokenPromises(world, told))];
  } catch (error) {
    if (error instanceof MalformedError) return [`the trace does not fit together: ${error.message}`];
    return [`it threw ${error instanceof Error ? error.stack : error}`];
  }
}
