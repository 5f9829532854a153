import { MAX_DOT } from "../crdt/intervals.ts";
import { ForeignVersionError, MalformedMessageError } from "../errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { KIND, MAX_NAME_BYTES, PROTOCOL_VERSION, SHARD } from "./format.ts";
import { byteLength } from "./limits.ts";
import { readFragment, StringTables } from "./read-fragment.ts";
import type { AdvertisedReplica, Envelope, ReplicaIncarnation, ReplicaMessage } from "./replica-message.ts";

/**
 * What `decode` makes of some bytes.
 *
 * @example
 * if (decoded.ok) handle(decoded.message); else warn(decoded.error);
 */
export type DecodeResult =
  | {
      readonly ok: true;
      readonly message: ReplicaMessage;
      /** The newest protocol version that its sender speaks: it may have written an older one, for others to read. */
      readonly newest: number;
    }
  | { readonly ok: false; readonly error: MalformedMessageError | ForeignVersionError };

/**
 * Reads one message. It never throws, whatever the bytes: they are a well-formed message, or refused with an error
 * that says where and why. It takes memory in proportion to the bytes, and keeps none of them.
 *
 * @example
 * const decoded = decode(bytes);
 * if (decoded.ok && decoded.message.type === "delta") set.merge(decoded.message.fragment);
 */
export function decode(bytes: Uint8Array): DecodeResult {
  try {
    return { ok: true, ...readMessage(new ByteReader(bytes)) };
  } catch (error) {
    if (error instanceof MalformedMessageError || error instanceof ForeignVersionError)
      return { ok: false, error };
    const unforeseen = new MalformedMessageError("The message could not be read. It was dropped.", {
      cause: error,
    });
    return { ok: false, error: unforeseen };
  }
}

function readMessage(reader: ByteReader): { readonly message: ReplicaMessage; readonly newest: number } {
  const version = reader.byte();
  if (version !== PROTOCOL_VERSION) throw new ForeignVersionError(version, [PROTOCOL_VERSION]);
  const newest = reader.byte();
  if (newest < version)
    reader.refuse(`who speaks version ${newest} at most can't have written version ${version}`);
  const shard = reader.byte();
  if (shard !== SHARD) reader.refuse(`shard ${shard} is not known`);
  const kind = reader.byte();
  const tables = new StringTables();
  const counter = reader.number();
  const name = readName(reader, tables);
  const id = readName(reader, tables);
  const sender: ReplicaIncarnation = { name, id, startedAt: reader.number() };
  const message = readBody(reader, tables, kind, { sender, counter });
  if (!reader.isAtEnd) reader.refuse("the message goes on behind its end");
  return { message, newest };
}

function readBody(
  reader: ByteReader,
  tables: StringTables,
  kind: number,
  envelope: Envelope,
): ReplicaMessage {
  const { sender, counter } = envelope;
  switch (kind) {
    case KIND.delta: {
      const fragment = readFragment(reader, tables, sender.id);
      return { type: "delta", fragment, seen: reader.intervals(MAX_DOT), sender, counter };
    }
    case KIND.heartbeat:
      return readHeartbeat(reader, tables, envelope);
    case KIND.pull:
      return readPull(reader, tables, envelope);
    case KIND.push:
      return readPush(reader, tables, envelope);
    case KIND.leaving:
      return { type: "leaving", lingerMs: reader.number(), sender, counter };
    default:
      return reader.refuse(`message kind ${kind} is not known`);
  }
}

function readHeartbeat(
  reader: ByteReader,
  tables: StringTables,
  { sender, counter }: Envelope,
): ReplicaMessage {
  const seen = reader.intervals(MAX_DOT);
  const digest = reader.uint32();
  const leaveDelayMs = reader.number();
  const others = readList(reader, tables, (id): AdvertisedReplica => {
    const name = readName(reader, tables);
    return { id, name, startedAt: reader.number(), seen: reader.intervals(MAX_DOT) };
  });
  return { type: "heartbeat", seen, digest, leaveDelayMs, others, sender, counter };
}

function readPull(reader: ByteReader, tables: StringTables, { sender, counter }: Envelope): ReplicaMessage {
  const to = readName(reader, tables);
  const request = reader.number();
  const wants = readList(reader, tables, (replica) => ({ replica, seen: reader.intervals(MAX_DOT) }));
  return { type: "pull", to, request, wants, sender, counter };
}

function readPush(reader: ByteReader, tables: StringTables, { sender, counter }: Envelope): ReplicaMessage {
  const to = readName(reader, tables);
  const request = reader.number();
  const fragments = readList(reader, tables, (replica) => readFragment(reader, tables, replica));
  if (new Set(fragments.map(({ replica }) => replica)).size < fragments.length) {
    reader.refuse("a replica has more than one fragment");
  }
  const part = reader.number();
  const parts = reader.number();
  const addingParts = reader.number();
  if (part >= parts || addingParts >= parts)
    reader.refuse(`part ${part} of ${parts}, ${addingParts} of them adding, makes no sense`);
  return { type: "push", to, request, part, parts, addingParts, fragments, sender, counter };
}

/** Items up to an empty string; each starts with the id of a replica. */
function readList<Item>(
  reader: ByteReader,
  tables: StringTables,
  readItem: (replica: string) => Item,
): Item[] {
  const items: Item[] = [];
  while (!reader.skipListEnd()) items.push(readItem(readName(reader, tables)));
  return items;
}

function readName(reader: ByteReader, tables: StringTables): string {
  const name = reader.text(tables.names);
  // No character takes more than three bytes each of its two-byte units.
  const mayBeTooLong = name.length > MAX_NAME_BYTES / 3;
  if (mayBeTooLong && byteLength(name) > MAX_NAME_BYTES)
    reader.refuse(`a name is longer than ${MAX_NAME_BYTES} bytes`);
  return name;
}
