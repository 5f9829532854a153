import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";

/**
 * A payload that is ready to be put into a frame: JSON text, or bytes. `shared` is the same text followed by the bracket that ends a
 * message. It is encoded once for all clients that the text is pushed to.
 */
export type Body = { readonly json: string; readonly shared?: Uint8Array } | { readonly bytes: Uint8Array };

export const EMPTY_BODY: Body = { json: "{}" };

/** @throws {InvalidArgumentError} for a payload that JSON can't carry. */
export function bodyOf(payload: unknown): Body {
  if (payload instanceof Uint8Array) return { bytes: payload };
  if (typeof payload !== "object" || payload === null) throw notCarried(describeValue(payload));
  let json: string | undefined;
  try {
    json = JSON.stringify(payload);
  } catch (cause) {
    throw notCarried("an object that JSON can't carry", cause);
  }
  // For example an object whose toJSON returns undefined.
  if (json === undefined) throw notCarried("an object that JSON can't carry");
  return { json };
}

/** The body of a refusal or a `phx_error`. */
export function reasonBody(reason: string): Body {
  return { json: JSON.stringify({ reason }) };
}

function notCarried(given: string, cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `The payload is ${given}; it must be a plain object, or a Uint8Array. Send what JSON.stringify accepts.`,
    { cause },
  );
}
