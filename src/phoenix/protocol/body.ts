import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";
import type { ClientPayload } from "./channel-payload.ts";

/** What a client sent. Its shape is checked, the kinds of its members are not. */
export interface ClientMessage {
  /** This and `ref` may be any JSON and go back as they came: they are kept as JSON text. */
  readonly joinRef: string;
  readonly ref: string;
  readonly topic: unknown;
  readonly event: unknown;
  readonly payload: ClientPayload;
}

/**
 * A payload ready to be put into a frame: JSON text, or bytes. `shared` is that text and the bracket behind it, encoded once for all
 * to whom it is pushed.
 */
export type Body = { readonly json: string; readonly shared?: Uint8Array } | { readonly bytes: Uint8Array };

/** What goes over a WebSocket. Text that many get is encoded once, as a Buffer. */
export interface Frame {
  /** Begins the message, as a fragment of its own, where the rest of it is shared with others that begin otherwise. */
  readonly head?: string;
  readonly data: string | Uint8Array;
  readonly isBinary: boolean;
}

/** As text, of a ref that is not there. */
export const NO_REF = "null";

export const EMPTY_BODY: Body = { json: "{}" };

/** @throws {InvalidArgumentError} for what JSON can't carry. */
export function bodyOf(payload: unknown): Body {
  if (payload instanceof Uint8Array) return { bytes: payload };
  if (typeof payload !== "object" || payload === null) throw notCarried(describeValue(payload));
  let json: string | undefined;
  try {
    json = JSON.stringify(payload);
  } catch (cause) {
    throw notCarried("an object that JSON can't carry", cause);
  }
  // As of an object whose toJSON gives nothing.
  if (json === undefined) throw notCarried("an object that JSON can't carry");
  return { json };
}

/** Why something was refused, or ended. */
export function reasonBody(reason: string): Body {
  return { json: JSON.stringify({ reason }) };
}

function notCarried(given: string, cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `The payload is ${given}; it must be a plain object, or a Uint8Array. Send what JSON.stringify takes.`,
    { cause },
  );
}
