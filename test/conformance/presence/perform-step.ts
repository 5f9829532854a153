import type { Json, Meta, PresenceMeta } from "../../../src/payload.ts";
import { MalformedTraceError } from "../json-readers.ts";
import type { PresenceReplay } from "./presence-replay.ts";
import type { MetaChange, PresenceStep, PresenceStepOf } from "./presence-trace.ts";

/** The result of one of our calls. */
export type CallOutcome =
  | { readonly ref: string }
  | { readonly errorCode: string }
  | { readonly value: unknown }
  | "nothing";

/** Does the step with our presence. */
export async function performStep(step: PresenceStep, replay: PresenceReplay): Promise<CallOutcome> {
  const { presence } = replay;
  switch (step.op) {
    case "track":
      return attempt(() => presence.track(replay.owner(step.pid), step.topic, step.key, step.meta));
    case "update":
      return attempt(() => presence.update(replay.owner(step.pid), step.topic, step.key, nextMeta(step)));
    case "untrack":
      presence.untrack(replay.owner(step.pid), step.topic, step.key);
      return "nothing";
    case "untrack_pid":
      presence.untrack(replay.owner(step.pid));
      return "nothing";
    case "kill":
      replay.kill(step.pid);
      return "nothing";
    case "spawn":
      replay.spawn(step.pid);
      return "nothing";
    case "list":
      return { value: await presence.list(step.topic) };
    case "get_by_key":
      return { value: await presence.getByKey(step.topic, step.key) };
  }
}

/** Errors that are a valid result. Any other error is a bug. */
const EXPECTED_CODES = ["ALREADY_TRACKED", "NOT_TRACKED", "INVALID_ARGUMENT"];

function attempt(call: () => string): CallOutcome {
  try {
    return { ref: call() };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== undefined && EXPECTED_CODES.includes(code)) return { errorCode: code };
    throw error;
  }
}

function nextMeta({ meta, update }: PresenceStepOf<"update">): Meta | ((meta: PresenceMeta) => Meta) {
  if (meta !== undefined) return meta;
  if (update === undefined) throw new MalformedTraceError("an update has neither meta nor update");
  return ({ phx_ref, phx_ref_prev, ...held }) => changed(held, update);
}

function changed(held: Meta, { fn, arg }: MetaChange): Meta {
  if (fn === "merge") return { ...held, ...(arg as Meta) };
  const name = String(arg);
  const { [name]: value, ...others } = held;
  return fn === "delete"
    ? others
    : { ...held, [name]: typeof value === "number" ? value + 1 : (1 satisfies Json) };
}
