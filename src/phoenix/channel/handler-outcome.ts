import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { type Body, bodyOf } from "../protocol/body.ts";

/** A reply, however it was written. */
export interface EncodedReply {
  readonly status: string;
  readonly body: Body;
}

/** What a handler asks for: a reply, the end of the channel, or both. */
export interface HandlerOutcome {
  readonly reply: EncodedReply | undefined;
  readonly stop: string | undefined;
}

/** @throws {InvalidArgumentError} for what a handler may not return. */
export function outcomeOf(during: "handleIn" | "handleOut", result: unknown): HandlerOutcome {
  if (result === undefined) return { reply: undefined, stop: undefined };
  const { stop, ...reply }: { stop?: unknown } = typeof result === "object" && result !== null ? result : {};
  if (stop !== undefined && typeof stop !== "string")
    throw notAllowed(`${during}, as stop,`, stop, "a string");
  const isAlone = stop !== undefined && !NAMES.some((name) => name in reply);
  if (isAlone) return { reply: undefined, stop };
  if (during === "handleOut")
    throw notAllowed(during, result, "nothing, or { stop }: nobody waits for a reply");
  return { reply: encodeReply(during, result), stop };
}

/** @throws {InvalidArgumentError} for what is no reply. */
export function encodeReply(of: "join" | "handleIn" | "reply", reply: unknown): EncodedReply {
  if (typeof reply === "object" && reply !== null) {
    if ("ok" in reply) return { status: "ok", body: bodyOf(reply.ok) };
    if ("error" in reply) return { status: "error", body: bodyOf(reply.error) };
    const { status, response } = reply as { status?: unknown; response?: unknown };
    if (typeof status === "string" && of !== "join") return { status, body: bodyOf(response) };
  }
  const allowed = of === "join" ? "{ ok }, { error }" : "{ ok }, { error }, { status, response }";
  throw notAllowed(of, reply, of === "reply" ? allowed : `${allowed}, or nothing`);
}

const NAMES = ["ok", "error", "status"];

function notAllowed(where: string, given: unknown, allowed: string): InvalidArgumentError {
  return new InvalidArgumentError(`${where} gave ${describeValue(given)}; it must be ${allowed}.`);
}
