import { slotText } from "./perform-step.ts";
import type { StateReplay } from "./state-replay.ts";
import type { RecordedEntry, StateStep } from "./state-trace.ts";

/**
 * Whether our set does not support this step. In the reference, one replica may end or replace a presence of another
 * replica that uses the same slot. In ours it may not. The replay skips such a step, and also the steps that depend on
 * it: a join into a slot that is still taken here, and an update of a slot that is empty here.
 */
export function isSkipped(step: StateStep, replay: StateReplay): boolean {
  if (replay.mode !== "promises") return false;
  switch (step.op) {
    case "join":
      return isTaken(step, replay);
    case "update":
      return isForeign(step.expect.replaced, step) || !isTaken(step, replay);
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
