import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";

/** A message of the network: its sender, its number among the messages of that sender, and its bytes. */
export interface StampedMessage {
  readonly from: string;
  readonly number: number;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NUMBER_BYTES = 4;

/** Encodes a sender's name, with its length in front, as every message of that sender starts. */
export function senderPrefix(from: string): Uint8Array {
  const name = encoder.encode(from);
  return Uint8Array.of(name.length, ...name);
}

/** How many bytes the stamp adds to each message of a sender. */
export function stampBytes(prefix: Uint8Array): number {
  return prefix.length + NUMBER_BYTES;
}

/** Puts the sender's name and the number of the message in front of the bytes. */
export function stamp(prefix: Uint8Array, number: number, bytes: Uint8Array): Uint8Array {
  const stamped = new Uint8Array(prefix.length + NUMBER_BYTES + bytes.length);
  stamped.set(prefix);
  for (let at = 0; at < NUMBER_BYTES; at++) stamped[prefix.length + at] = number >>> (24 - 8 * at);
  stamped.set(bytes, prefix.length + NUMBER_BYTES);
  return stamped;
}

/** A pub/sub within one process delivers the same message to many listeners in a row, so the last result is kept. */
let latest: { readonly stamped: Uint8Array; readonly message: StampedMessage | undefined } | undefined;

/** Reads a stamp and removes it. Returns `undefined` for a message without a stamp: its sender was not wrapped. */
export function unstamp(stamped: Uint8Array): StampedMessage | undefined {
  if (latest?.stamped !== stamped) latest = { stamped, message: read(stamped) };
  return latest.message;
}

function read(stamped: Uint8Array): StampedMessage | undefined {
  const nameEnd = 1 + (stamped[0] ?? 0);
  const end = nameEnd + NUMBER_BYTES;
  if (nameEnd === 1 || stamped.length < end) return undefined;
  let number = 0;
  for (let at = nameEnd; at < end; at++) number = number * 0x100 + stamped[at]!;
  return { from: decoder.decode(stamped.subarray(1, nameEnd)), number, bytes: stamped.subarray(end) };
}

/** @throws {InvalidArgumentError} unless the name fits into a stamp. */
export function assertNodeName(name: string): void {
  const given = typeof name === "string" ? encoder.encode(name).length : 0;
  if (given > 0 && given <= 255) return;
  throw new InvalidArgumentError(
    given === 0
      ? `The name of a node is ${describeValue(name)}; it must be a string of 1 to 255 bytes. Pass a name such as "tokyo".`
      : `The name of a node is ${given} bytes long; it must be 1 to 255 bytes long. Choose a shorter one.`,
  );
}
