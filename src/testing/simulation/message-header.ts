import { ByteReader } from "../../wire/byte-reader.ts";
import { KIND } from "../../wire/format.ts";
import type { ReplicaIncarnation } from "../../wire/replica-message.ts";

/** The start of every message. */
export interface MessageHeader {
  readonly kind: keyof typeof KIND;
  readonly counter: number;
  readonly sender: ReplicaIncarnation;
}

const kinds = new Map<number, MessageHeader["kind"]>(
  Object.entries(KIND).map(([name, number]) => [number, name as MessageHeader["kind"]]),
);

/** Reads the kind, the counter and the sender of a message. The rest stays unread. */
export function readHeader(bytes: Uint8Array): MessageHeader {
  const reader = new ByteReader(bytes.subarray(3));
  const kind = kinds.get(reader.byte())!;
  const counter = reader.number();
  const names: string[] = [];
  const name = reader.text(names);
  const id = reader.text(names);
  return { kind, counter, sender: { name, id, startedAt: reader.number() } };
}

/** Headers by the buffer of the message. No two messages share a buffer, and all receivers of a message do. */
const headers = new WeakMap<ArrayBufferLike, MessageHeader>();

/** The header of a message that the network delivers. It is read once for all receivers. */
export function readHeaderOnce(bytes: Uint8Array): MessageHeader {
  const known = headers.get(bytes.buffer);
  if (known !== undefined) return known;
  const header = readHeader(bytes);
  headers.set(bytes.buffer, header);
  return header;
}
