import { Reader } from "../../wire/byte-reader.ts";
import { KIND } from "../../wire/format.ts";
import type { Sender } from "../../wire/replica-message.ts";

/** How every message begins. */
export interface Header {
  readonly kind: keyof typeof KIND;
  readonly counter: number;
  readonly sender: Sender;
}

const kinds = new Map<number, Header["kind"]>(
  Object.entries(KIND).map(([name, number]) => [number, name as Header["kind"]]),
);

/** Reads no more of a message than who sent what: the rest is the receiver's business. */
export function headerOf(bytes: Uint8Array): Header {
  const reader = new Reader(bytes.subarray(3));
  const kind = kinds.get(reader.byte())!;
  const counter = reader.number();
  const names: string[] = [];
  const name = reader.text(names);
  const id = reader.text(names);
  return { kind, counter, sender: { name, id, startedAt: reader.number() } };
}

/** The headers of messages on their way, by the memory that each has to itself and that all who hear it share. */
const heard = new WeakMap<ArrayBufferLike, Header>();

/** The header of a message as it comes out of the network, read once for all who hear it. */
export function headerHeard(bytes: Uint8Array): Header {
  const before = heard.get(bytes.buffer);
  if (before !== undefined) return before;
  const header = headerOf(bytes);
  heard.set(bytes.buffer, header);
  return header;
}
