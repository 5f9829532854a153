import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { type Body, bodyOf } from "../protocol/body.ts";

/** A reply whose response is encoded. */
export interface EncodedReply {
  readonly status: string;
  readonly body: Body;
}

/** The checked result of a handler: a reply, the end of the channel, both, or neither. */
export interface HandlerOutcome {
  readonly reply: EncodedReply | undefined;
  /** The reason for the end. */
  readonly stop: string | undefined;
}

/** @throws {InvalidArgumentError} for a result that the handler may not return. */
export function outcomeOf(handler: "handleIn" | "handleOut", result: unknown): HandlerOutcome {
  if (result === undefined) return { reply: undefined, stop: undefined };
  const { stop, ...reply }: { stop?: unknown } = typeof result === "object" && result !== null ? result : {};
  if (stop !== undefined && typeof stop !== "string")
    throw notAllowed(`The stop in the result of ${handler}`, stop, "a string");
  const isAlone = stop !== undefined && !REPLY_MEMBERS.some((name) => name in reply);
  if (isAlone) return { reply: undefined, stop };
  if (handler === "handleOut")
    throw notAllowed("The result of handleOut", result, "nothing, or { stop }: a broadcast gets no reply");
  return { reply: encodeReply(handler, result), stop };
}

/** @throws {InvalidArgumentError} for a value that is not a reply, or not a reply that is allowed there. */
export function encodeReply(where: "join" | "handleIn" | "reply", reply: unknown): EncodedReply {
  if (typeof reply === "object" && reply !== null) {
    if ("ok" in reply) return { status: "ok", body: bodyOf(reply.ok) };
    if ("error" in reply) return { status: "error", body: bodyOf(reply.error) };
    const { status, response }: { status?: unknown; response?: unknown } = reply;
    if (typeof status === "string" && where !== "join") return { status, body: bodyOf(response) };
  }
  const allowed = where === "join" ? "{ ok }, { error }" : "{ ok }, { error }, { status, response }";
  if (where === "reply") throw notAllowed("The reply", reply, allowed);
  throw notAllowed(`The result of ${where}`, reply, `${allowed}, or nothing`);
}

const REPLY_MEMBERS = ["ok", "error", "status"];

function notAllowed(what: string, given: unknown, allowed: string): InvalidArgumentError {
  // A handler may have returned what the client sent.
  const shown = typeof given === "string" ? "a string" : describeValue(given);
  return new InvalidArgumentError(`${what} is ${shown}; it must be ${allowed}.`);
}
