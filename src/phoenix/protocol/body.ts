import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { withLogMessage } from "../../log-message.ts";

/**
 * A payload that is ready to be put into a frame: JSON text, or bytes. `shared` is the same text followed by the bracket that ends a
 * message. It is encoded once for all clients that the text is pushed to.
 */
export type Body = { readonly json: string; readonly shared?: Uint8Array } | { readonly bytes: Uint8Array };

export const EMPTY_BODY: Body = { json: "{}" };

/** @throws {InvalidArgumentError} for a payload that JSON can't carry. */
export function bodyOf(payload: unknown): Body {
  if (payload instanceof Uint8Array) return { bytes: payload };
  if (typeof payload !== "object" || payload === null) throw notCarried(payload);
  let json: string | undefined;
  try {
    json = JSON.stringify(payload);
  } catch (cause) {
    throw notCarried(payload, cause);
  }
  // For example an object whose toJSON returns undefined.
  if (json === undefined) throw notCarried(payload);
  return { json };
}

/** The body of a refusal or a `phx_error`. */
export function reasonBody(reason: string): Body {
  return { json: JSON.stringify({ reason }) };
}

function notCarried(given: unknown, cause?: unknown): InvalidArgumentError {
  const message = (what: string): string =>
    `The payload is ${what}; it must be a plain object, or a Uint8Array. Send what JSON.stringify accepts.`;
  const what = typeof given === "object" && given !== null ? "an object that JSON can't carry" : undefined;
  const error = new InvalidArgumentError(message(what ?? describeValue(given)), { cause });
  // A handler may have sent back what the client sent.
  return withLogMessage(
    error,
    message(what ?? (typeof given === "string" ? "a string" : describeValue(given))),
  );
}
