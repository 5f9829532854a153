import { LimitError } from "../../errors.ts";
import type { ClientMessage, Frame } from "./body.ts";
import { utf8 } from "./json.ts";

const PUSH = 0;
const REPLY = 1;
const BROADCAST = 2;
const MOST_FIELD_BYTES = 255;

/**
 * Reads what a client sent: `0`, four sizes of a byte each, the join ref, ref, topic and event, and the rest is data.
 *
 * @throws {SyntaxError | TypeError}
 */
export function decodePush(data: Uint8Array): ClientMessage {
  if (data[0] !== PUSH) throw new SyntaxError("a binary message is a push, of kind 0");
  let at = 5;
  const take = (sizeAt: number): string => {
    const size = data[sizeAt];
    if (size === undefined || at + size > data.length) throw new SyntaxError("a binary message is cut short");
    at += size;
    return utf8.decode(data.subarray(at - size, at));
  };
  const [joinRef, ref] = [JSON.stringify(take(1)), JSON.stringify(take(2))];
  const [topic, event] = [take(3), take(4)];
  // Bytes of its own: the rest of what was read with it should not live as long.
  return { joinRef, ref, topic, event, payload: new Uint8Array(data.subarray(at)) };
}

export function pushBytes(joinRef: string, topic: string, event: string, data: Uint8Array): Frame {
  return frame(PUSH, { "join ref": textOf(joinRef), topic, event }, data);
}

export function replyBytes(
  joinRef: string,
  ref: string,
  topic: unknown,
  status: string,
  data: Uint8Array,
): Frame {
  const fields = { "join ref": textOf(joinRef), ref: textOf(ref), topic: String(topic), status };
  return frame(REPLY, fields, data);
}

export function broadcastBytes(topic: string, event: string, data: Uint8Array): Frame {
  return frame(BROADCAST, { topic, event }, data);
}

/** @throws {LimitError} for a field of which the size does not fit into a byte. */
function frame(kind: number, fields: { readonly [name: string]: string }, data: Uint8Array): Frame {
  const names = Object.keys(fields);
  const parts = names.map((name) => Buffer.from(fields[name]!));
  for (const [index, { length }] of parts.entries()) {
    if (length > MOST_FIELD_BYTES) throw tooLong(names[index]!, length);
  }
  const sizes = parts.map(({ length }) => length);
  return { data: Buffer.concat([Uint8Array.of(kind, ...sizes), ...parts, data]), isBinary: true };
}

/** In a binary frame a ref is itself where it is text, nothing where there is none, and else its JSON. */
function textOf(ref: string): string {
  const value: unknown = JSON.parse(ref);
  return typeof value === "string" ? value : value === null ? "" : ref;
}

function tooLong(name: string, given: number): LimitError {
  const message =
    `The ${name} has ${given} bytes; a binary frame has room for ${MOST_FIELD_BYTES}. ` +
    "Make it shorter, or send an object in place of bytes.";
  return new LimitError(message, { limit: name, given, allowed: MOST_FIELD_BYTES });
}
