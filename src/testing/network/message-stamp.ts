import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";

/** A message of the network: the bytes, and who sent them as which of its messages. */
export interface StampedMessage {
  readonly from: string;
  readonly number: number;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NUMBER_BYTES = 4;

/** A sender's name as it stands at the start of all its messages. */
export function senderPrefix(from: string): Uint8Array {
  const name = encoder.encode(from);
  return Uint8Array.of(name.length, ...name);
}

/** How many bytes a stamp takes of each message of this sender. */
export function stampBytes(signed: Uint8Array): number {
  return signed.length + NUMBER_BYTES;
}

/** Puts the sender's name and the message's number before the bytes. */
export function stamp(signed: Uint8Array, number: number, bytes: Uint8Array): Uint8Array {
  const stamped = new Uint8Array(signed.length + NUMBER_BYTES + bytes.length);
  stamped.set(signed);
  for (let at = 0; at < NUMBER_BYTES; at++) stamped[signed.length + at] = number >>> (24 - 8 * at);
  stamped.set(bytes, signed.length + NUMBER_BYTES);
  return stamped;
}

let latest: { readonly stamped: Uint8Array; readonly letter: StampedMessage | undefined } | undefined;

/**
 * Takes a stamp off; `undefined` where there is none, as the sender's side was not wrapped. A bus within one process hands
 * one message to many, one after the other: it is read once.
 */
export function unstamp(stamped: Uint8Array): StampedMessage | undefined {
  if (latest?.stamped !== stamped) latest = { stamped, letter: read(stamped) };
  return latest.letter;
}

function read(stamped: Uint8Array): StampedMessage | undefined {
  const nameEnd = 1 + (stamped[0] ?? 0);
  const end = nameEnd + NUMBER_BYTES;
  if (nameEnd === 1 || stamped.length < end) return undefined;
  let number = 0;
  for (let at = nameEnd; at < end; at++) number = number * 0x100 + stamped[at]!;
  return { from: decoder.decode(stamped.subarray(1, nameEnd)), number, bytes: stamped.subarray(end) };
}

/** Refuses a name that no stamp has room for. */
export function assertNodeName(name: string): void {
  const given = typeof name === "string" ? encoder.encode(name).length : 0;
  if (given > 0 && given <= 255) return;
  throw new InvalidArgumentError(
    given === 0
      ? `The name of a node is ${describeValue(name)}; it must be a string of 1 to 255 bytes. Name it, as "tokyo".`
      : `The name of a node is ${given} bytes long; it must be from 1 to 255. Give a shorter one.`,
  );
}
