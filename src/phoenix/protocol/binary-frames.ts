import { LimitError } from "../../errors.ts";
import { utf8Decoder } from "./json.ts";
import type { ClientMessage, Frame } from "./serializer.ts";

const PUSH = 0;
const REPLY = 1;
const BROADCAST = 2;
const MAX_FIELD_BYTES = 255;

/**
 * Reads a binary message of a client: the byte 0; four bytes, the sizes of the fields; the fields (join ref, ref, topic and event); and
 * the payload.
 *
 * @throws {SyntaxError | TypeError} for a malformed message.
 */
export function decodePush(data: Uint8Array): ClientMessage {
  if (data[0] !== PUSH) throw new SyntaxError("a binary message is a push, of kind 0");
  let at = 5;
  const readField = (sizeAt: number): string => {
    const size = data[sizeAt];
    if (size === undefined || at + size > data.length) throw new SyntaxError("a binary message is cut short");
    at += size;
    return utf8Decoder.decode(data.subarray(at - size, at));
  };
  const [joinRef, ref] = [JSON.stringify(readField(1)), JSON.stringify(readField(2))];
  const [topic, event] = [readField(3), readField(4)];
  // A copy, as a view would keep the whole message in memory.
  return { joinRef, ref, topic, event, payload: new Uint8Array(data.subarray(at)) };
}

export function pushBytes(joinRef: string, topic: string, event: string, data: Uint8Array): Frame {
  return frame(PUSH, { "join ref": refText(joinRef), topic, event }, data);
}

export function replyBytes(
  joinRef: string,
  ref: string,
  topic: unknown,
  status: string,
  data: Uint8Array,
): Frame {
  const fields = { "join ref": refText(joinRef), ref: refText(ref), topic: String(topic), status };
  return frame(REPLY, fields, data);
}

export function broadcastBytes(topic: string, event: string, data: Uint8Array): Frame {
  return frame(BROADCAST, { topic, event }, data);
}

/** @throws {LimitError} for a field of over 255 bytes: its size does not fit into one byte. */
function frame(kind: number, fields: { readonly [name: string]: string }, data: Uint8Array): Frame {
  const names = Object.keys(fields);
  const parts = names.map((name) => Buffer.from(fields[name]!));
  for (const [index, { length }] of parts.entries()) {
    if (length > MAX_FIELD_BYTES) throw tooLong(names[index]!, length);
  }
  const sizes = parts.map(({ length }) => length);
  return { data: Buffer.concat([Uint8Array.of(kind, ...sizes), ...parts, data]), isBinary: true };
}

/** A ref as a field of a binary frame: a string as it is, `null` as an empty field, and any other value as JSON. */
function refText(ref: string): string {
  const value: unknown = JSON.parse(ref);
  return typeof value === "string" ? value : value === null ? "" : ref;
}

function tooLong(name: string, given: number): LimitError {
  const message =
    `The ${name} has ${given} bytes; a binary frame has room for ${MAX_FIELD_BYTES}. ` +
    "Make it shorter, or send an object instead of bytes.";
  return new LimitError(message, { limit: name, given, allowed: MAX_FIELD_BYTES });
}
