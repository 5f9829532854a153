import { TextEncoder } from "node:util";
import { LimitError } from "../errors.ts";
import type { Json, Meta } from "../payload.ts";
import { MAX_META_DEPTH, MAX_NAME_BYTES, MIN_MESSAGE_BYTES, RESERVED_BYTES } from "./format.ts";

const encoder = new TextEncoder();

/**
 * Throws if no message of `maxMessageBytes` bytes can carry this presence. Call it before you track the presence, because
 * afterwards it could not be sent. A message reserves 1 280 bytes for names and numbers.
 *
 * @throws {LimitError} when topic, key and meta together are too large, when topic or key is empty, or when the meta
 * nests deeper than 32.
 * @example
 * assertFits({ topic: "lobby", key: "alice", meta: { device: "phone" } }, 5_900);
 */
export function assertFits(
  presence: { readonly topic: string; readonly key: string; readonly meta: Meta },
  maxMessageBytes: number,
): void {
  assertMessageBytes(maxMessageBytes);
  assertNotEmpty("topic", presence.topic);
  assertNotEmpty("key", presence.key);
  assertDepth(presence.meta);
  const given =
    byteLength(presence.topic) + byteLength(presence.key) + byteLength(JSON.stringify(presence.meta));
  const allowed = maxMessageBytes - RESERVED_BYTES;
  if (given <= allowed) return;
  throw new LimitError(
    `Topic, key and meta take ${given} bytes together; a message of this transport (${maxMessageBytes} bytes) has room ` +
      `for ${allowed}. Put less into the meta, such as an id to look up the rest with.`,
    { limit: "maxMessageBytes", given, allowed },
  );
}

/** Throws if `maxMessageBytes` is too small for the protocol. */
export function assertMessageBytes(maxMessageBytes: number): void {
  if (maxMessageBytes >= MIN_MESSAGE_BYTES) return;
  throw new LimitError(
    `maxMessageBytes is ${maxMessageBytes}; it must be at least ${MIN_MESSAGE_BYTES}. Raise the limit of the transport.`,
    { limit: "maxMessageBytes", given: maxMessageBytes, allowed: MIN_MESSAGE_BYTES },
  );
}

/** Throws if the name or id of a replica is empty or too long. */
export function assertName(field: "name" | "id", name: string): void {
  const given = byteLength(name);
  if (given > 0 && given <= MAX_NAME_BYTES) return;
  throw new LimitError(
    `The ${field} of a replica is ${given} bytes long; it must have 1 to ${MAX_NAME_BYTES} bytes. Choose another one.`,
    { limit: `${field}Bytes`, given, allowed: MAX_NAME_BYTES },
  );
}

/** Whether `value` nests at most `depth` levels of objects and arrays. */
export function nestsWithin(depth: number, value: Json): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  for (const name in value) if (!nestsWithin(depth - 1, (value as Meta)[name]!)) return false;
  return true;
}

/** Throws if a meta nests so deep that peers would refuse it. */
export function assertDepth(meta: Meta): void {
  if (nestsWithin(MAX_META_DEPTH, meta)) return;
  throw new LimitError(
    `The meta nests deeper than ${MAX_META_DEPTH} levels of objects and arrays, or contains itself. Flatten it.`,
    { limit: "metaDepth", given: MAX_META_DEPTH + 1, allowed: MAX_META_DEPTH },
  );
}

function assertNotEmpty(field: "topic" | "key", text: string): void {
  if (text.length > 0) return;
  throw new LimitError(`The ${field} is empty; it must have at least one character. Name it.`, {
    limit: `${field}Length`,
    given: 0,
    allowed: 1,
  });
}

/**
 * The bytes of a string in a message, without those of its length. Short ASCII strings take a fast path, because
 * heartbeats are full of such names.
 */
export function byteLength(text: string): number {
  if (text.length <= 64 && isAscii(text)) return text.length;
  return text.isWellFormed() ? encoder.encode(text).length : text.length * 2;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
