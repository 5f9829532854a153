import { encodeDelta } from "./encode-delta.ts";
import { encodePush } from "./encode-push.ts";
import { KIND, MAX_OWN_SEEN_BYTES, PROTOCOL_VERSION, RESERVED_BYTES, SHARD } from "./format.ts";
import { assertMessageBytes, assertName } from "./limits.ts";
import { Packer, type Part } from "./packer.ts";
import type { Envelope, Heartbeat, Leaving, OutgoingMessage, Pull } from "./replica-message.ts";

/**
 * The bytes of what a replica has to say, cut into messages of at most `maxMessageBytes` bytes. The first carries
 * the envelope's counter, each further one the next: the sender goes on behind the last.
 *
 * A delta is cut between its steps, so that each message can be merged on its own; an answer into parts that add
 * presences and, after them, those that tell of leaves; a heartbeat between replicas. Of a pull that is too
 * large only the first replicas are asked for. An empty delta is no message at all.
 *
 * @param newest The newest version that the sender speaks, which may be above the one that it is written in.
 * @throws {LimitError} for a name or id that is empty or longer than 255 bytes, for a `maxMessageBytes` below 2 560,
 * and for a presence that `assertFits` would have refused.
 * @example
 * const messages = encode({ type: "delta", seen, steps: set.takeSteps() }, { sender, counter }, 8_000);
 * for (const bytes of messages) publish(bytes);
 * counter += messages.length;
 */
export function encode(
  outgoing: OutgoingMessage,
  envelope: Envelope,
  maxMessageBytes: number = Number.POSITIVE_INFINITY,
  newest: number = PROTOCOL_VERSION,
): Uint8Array[] {
  assertMessageBytes(maxMessageBytes);
  for (const { name, id } of [envelope.sender, ...(outgoing.type === "heartbeat" ? outgoing.others : [])]) {
    assertName("name", name);
    assertName("id", id);
  }
  for (const id of idsIn(outgoing)) assertName("id", id);
  const start = (part: Part, index: number) => {
    part.writer.byte(PROTOCOL_VERSION);
    part.writer.byte(newest);
    writeEnvelope(part, KIND[outgoing.type], envelope, index);
  };
  switch (outgoing.type) {
    case "delta":
      return encodeDelta(outgoing, start, maxMessageBytes);
    case "push":
      return encodePush(outgoing, start, maxMessageBytes);
    case "heartbeat":
      return encodeHeartbeat(outgoing, start, maxMessageBytes);
    case "pull":
      return encodePull(outgoing, start, maxMessageBytes);
    case "leaving":
      return encodeLeaving(outgoing, start, maxMessageBytes);
  }
}

/** The replicas that are named by their id alone. */
function idsIn(outgoing: OutgoingMessage): string[] {
  if (outgoing.type === "pull") return [outgoing.to, ...outgoing.wants.map(({ replica }) => replica)];
  if (outgoing.type === "push") return [outgoing.to, ...outgoing.fragments.map(({ replica }) => replica)];
  return [];
}

type Start = (part: Part, index: number) => void;

function writeEnvelope({ writer }: Part, kind: number, { sender, counter }: Envelope, index: number): void {
  writer.byte(SHARD);
  writer.byte(kind);
  writer.number(counter + index);
  writer.text(writer.names, sender.name);
  writer.text(writer.names, sender.id);
  writer.number(sender.startedAt);
}

function encodeHeartbeat(heartbeat: Heartbeat, start: Start, maxBytes: number): Uint8Array[] {
  const packer = new Packer(maxBytes - 1, (part, index) => {
    start(part, index);
    part.writer.intervals(heartbeat.seen, MAX_OWN_SEEN_BYTES);
    part.writer.uint32(heartbeat.digest);
    part.writer.number(heartbeat.leaveDelayMs);
  });
  packer.startMessage();
  for (const other of heartbeat.others) {
    packer.add(({ writer }) => {
      writer.text(writer.names, other.id);
      writer.text(writer.names, other.name);
      writer.number(other.startedAt);
      writer.intervals(other.seen, maxBytes - RESERVED_BYTES);
    });
  }
  return packer.parts.map(endList);
}

function encodePull(pull: Pull, start: Start, maxBytes: number): Uint8Array[] {
  const packer = new Packer(maxBytes - 1, (part, index) => {
    start(part, index);
    part.writer.text(part.writer.names, pull.to);
    part.writer.number(pull.request);
  });
  packer.startMessage();
  for (const { replica, seen } of pull.wants) {
    packer.add(({ writer }) => {
      writer.text(writer.names, replica);
      writer.intervals(seen, maxBytes - RESERVED_BYTES);
    });
  }
  return packer.parts.slice(0, 1).map(endList);
}

function encodeLeaving({ lingerMs }: Leaving, start: Start, maxBytes: number): Uint8Array[] {
  const packer = new Packer(maxBytes, start);
  packer.add(({ writer }) => writer.number(lingerMs));
  return packer.parts.map(({ writer }) => writer.bytes());
}

/** A string of no bytes, which no item starts with. */
function endList({ writer }: Part): Uint8Array {
  writer.byte(0);
  return writer.bytes();
}
