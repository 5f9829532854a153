import { ByteReader } from "../../wire/byte-reader.ts";
import { KIND } from "../../wire/format.ts";
import type { ReplicaIncarnation } from "../../wire/replica-message.ts";

/** How every message begins. */
export interface MessageHeader {
  readonly kind: keyof typeof KIND;
  readonly counter: number;
  readonly sender: ReplicaIncarnation;
}

const kinds = new Map<number, MessageHeader["kind"]>(
  Object.entries(KIND).map(([name, number]) => [number, name as MessageHeader["kind"]]),
);

/** Reads no more of a message than who sent what: the rest is the receiver's business. */
export function readHeader(bytes: Uint8Array): MessageHeader {
  const reader = new ByteReader(bytes.subarray(3));
  const kind = kinds.get(reader.byte())!;
  const counter = reader.number();
  const names: string[] = [];
  const name = reader.text(names);
  const id = reader.text(names);
  return { kind, counter, sender: { name, id, startedAt: reader.number() } };
}

/** The headers of messages on their way, by the memory that each has to itself and that all who hear it share. */
const heard = new WeakMap<ArrayBufferLike, MessageHeader>();

/** The header of a message as it comes out of the network, read once for all who hear it. */
export function readHeaderOnce(bytes: Uint8Array): MessageHeader {
  const before = heard.get(bytes.buffer);
  if (before !== undefined) return before;
  const header = readHeader(bytes);
  heard.set(bytes.buffer, header);
  return header;
}
