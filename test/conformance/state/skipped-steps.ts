import { slotText } from "./perform-step.ts";
import type { StateReplay } from "./state-replay.ts";
import type { RecordedEntry, StateStep } from "./state-trace.ts";

/**
 * Whether our set has no such step. In the reference a replica may end or replace what another one holds, or lose
 * what it holds itself to one that uses the same slot; in ours it may not. Such a step is left out, and so is what
 * builds on one: a join into a slot that is still taken here, an update of one that is empty.
 */
export function isSkipped(step: StateStep, world: StateReplay): boolean {
  if (world.mode !== "promises") return false;
  switch (step.op) {
    case "join":
      return isTaken(step, world);
    case "update":
      return isForeign(step.expect.replaced, step) || !isTaken(step, world);
    case "leave":
    case "leave_pid":
      return isForeign(step.expect.leaves, step);
    default:
      return false;
  }
}

function isTaken(step: Extract<StateStep, { key: string }>, { running }: StateReplay): boolean {
  return running.get(step.replica)?.held.has(slotText(step)) ?? false;
}

function isForeign(entries: readonly RecordedEntry[], { replica }: StateStep): boolean {
  return entries.some(({ tag }) => tag[0] !== replica);
}
