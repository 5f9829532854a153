import { MAX_DOT } from "../crdt/intervals.ts";
import { MalformedMessageError, UntrustedMessageError } from "../errors.ts";
import { ByteReader } from "./byte-reader.ts";
import { KIND, MAX_COUNTER, MAX_DELAY_MS, MAX_PARTS, PROTOCOL_VERSION, SHARD } from "./format.ts";
import { readFragment } from "./read-fragment.ts";
import { readHandover } from "./read-handover.ts";
import { readName } from "./read-name.ts";
import type { RefusalError } from "./refusal-reports.ts";
import type {
  AdvertisedReplica,
  Envelope,
  ReplicaIncarnation,
  ReplicaMessage,
  ReplicateMode,
} from "./replica-message.ts";
import { foreignVersion, type MessageSigning, unseal } from "./seal.ts";
import { ReaderTables } from "./string-tables.ts";

/**
 * The result of `decode`: a message or an error.
 *
 * @example
 * if (decoded.ok) handle(decoded.message); else warn(decoded.error);
 */
export type DecodeResult =
  | {
      readonly ok: true;
      readonly message: ReplicaMessage;
      /** The newest protocol version that its sender speaks. The message itself may be of an older one, for older peers. */
      readonly newest: number;
      /** What its sender replicates. A replica of another mode cannot use the message. */
      readonly mode: ReplicateMode;
    }
  | { readonly ok: false; readonly error: RefusalError };

/**
 * Reads one message. It never throws: it returns a well-formed message, or an error that states the byte and the reason.
 * It allocates in proportion to the number of bytes, and does not keep the bytes.
 *
 * @param signing Checks the tag of the message. Without it, a tag is skipped.
 * @example
 * const decoded = decode(bytes);
 * if (decoded.ok && decoded.message.type === "delta") set.merge(decoded.message.fragment);
 */
export function decode(bytes: Uint8Array, signing?: MessageSigning): DecodeResult {
  try {
    const version = bytes[0] ?? PROTOCOL_VERSION;
    if (version !== PROTOCOL_VERSION) return { ok: false, error: foreignVersion(bytes, [PROTOCOL_VERSION]) };
    return { ok: true, ...readMessage(new ByteReader(unseal(bytes, signing))) };
  } catch (error) {
    if (error instanceof MalformedMessageError || error instanceof UntrustedMessageError)
      return { ok: false, error };
    const unexpected = new MalformedMessageError("The message could not be read. It was dropped.", {
      cause: error,
    });
    return { ok: false, error: unexpected };
  }
}

function readMessage(reader: ByteReader): Omit<Extract<DecodeResult, { ok: true }>, "ok"> {
  const version = reader.byte();
  const newest = reader.byte();
  if (newest < version)
    reader.refuse(
      `the sender speaks at most version ${newest}, so it cannot have written version ${version}`,
    );
  const mode = readMode(reader);
  const kind = reader.byte();
  const tables = new ReaderTables();
  const counter = reader.number(MAX_COUNTER);
  const name = readName(reader, tables);
  const id = readName(reader, tables);
  const sender: ReplicaIncarnation = { name, id, startedAt: reader.number(MAX_COUNTER) };
  const message = readBody(reader, tables, kind, { sender, counter });
  if (!reader.isAtEnd) reader.refuse("the message continues after its end");
  return { message, newest, mode };
}

function readMode(reader: ByteReader): ReplicateMode {
  const shard = reader.byte();
  if (shard === SHARD.presences) return "presences";
  if (shard === SHARD.counts) return "counts";
  return reader.refuse(`shard ${shard} is unknown`);
}

function readBody(
  reader: ByteReader,
  tables: ReaderTables,
  kind: number,
  envelope: Envelope,
): ReplicaMessage {
  const { sender, counter } = envelope;
  switch (kind) {
    case KIND.delta: {
      const fragment = readFragment(reader, tables, sender.id);
      const seen = reader.intervals(MAX_DOT);
      return { type: "delta", fragment, seen, ...readHandover(reader, tables), sender, counter };
    }
    case KIND.heartbeat:
      return readHeartbeat(reader, tables, envelope);
    case KIND.pull:
      return readPull(reader, tables, envelope);
    case KIND.push:
      return readPush(reader, tables, envelope);
    case KIND.leaving:
      return {
        type: "leaving",
        lingerMs: reader.number(MAX_DELAY_MS),
        lastDot: reader.number(MAX_DOT),
        sender,
        counter,
      };
    default:
      return reader.refuse(`message kind ${kind} is unknown`);
  }
}

function readHeartbeat(
  reader: ByteReader,
  tables: ReaderTables,
  { sender, counter }: Envelope,
): ReplicaMessage {
  const seen = reader.intervals(MAX_DOT);
  const digest = reader.uint32();
  const leaveDelayMs = reader.number(MAX_DELAY_MS);
  const heartbeatIntervalMs = reader.number(MAX_DELAY_MS);
  const others = readList(reader, tables, (id): AdvertisedReplica => {
    const name = readName(reader, tables);
    return { id, name, startedAt: reader.number(MAX_COUNTER), seen: reader.intervals(MAX_DOT) };
  });
  const told = { seen, digest, leaveDelayMs, heartbeatIntervalMs, others };
  return { type: "heartbeat", ...told, ...readHandover(reader, tables), sender, counter };
}

function readPull(reader: ByteReader, tables: ReaderTables, { sender, counter }: Envelope): ReplicaMessage {
  const to = readName(reader, tables);
  const request = reader.number(MAX_COUNTER);
  const wants = readList(reader, tables, (replica) => ({ replica, seen: reader.intervals(MAX_DOT) }));
  return { type: "pull", to, request, wants, sender, counter };
}

function readPush(reader: ByteReader, tables: ReaderTables, { sender, counter }: Envelope): ReplicaMessage {
  const to = readName(reader, tables);
  const request = reader.number(MAX_COUNTER);
  const fragments = readList(reader, tables, (replica) => readFragment(reader, tables, replica));
  const part = reader.number(MAX_PARTS);
  const parts = reader.number(MAX_PARTS);
  const addingParts = reader.number(MAX_PARTS);
  if (part >= parts || addingParts >= parts)
    reader.refuse(`part ${part} of ${parts} with ${addingParts} adding parts is impossible`);
  return { type: "push", to, request, part, parts, addingParts, fragments, sender, counter };
}

/** Reads items, each of which starts with the id of another replica, up to the end of the list. */
function readList<Item>(
  reader: ByteReader,
  tables: ReaderTables,
  readItem: (replica: string) => Item,
): Item[] {
  const items: Item[] = [];
  const replicas = new Set<string>();
  while (!reader.skipListEnd()) {
    const replica = readName(reader, tables);
    if (replicas.has(replica)) reader.refuse("a replica is named twice");
    replicas.add(replica);
    items.push(readItem(replica));
  }
  return items;
}
