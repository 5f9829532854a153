import { encodeDelta } from "./encode-delta.ts";
import { encodePush } from "./encode-push.ts";
import { KIND, MAX_OWN_SEEN_BYTES, PROTOCOL_VERSION, RESERVED_BYTES, SHARD } from "./format.ts";
import { assertMessageBytes, assertName } from "./limits.ts";
import { type MessageDraft, Packer, type StartMessage } from "./packer.ts";
import type {
  Envelope,
  Handover,
  Heartbeat,
  Leaving,
  OutgoingMessage,
  Pull,
  ReplicateMode,
} from "./replica-message.ts";
import { type MessageSigning, seal, sealBytes } from "./seal.ts";
import { addHandover } from "./write-handover.ts";

/**
 * Encodes a message of a replica, split into messages of at most `maxMessageBytes` bytes. The first has the counter of the
 * envelope, and each further one the next. Add the number of messages to the counter before you encode again.
 *
 * A delta is split between its operations, so that each message can be merged on its own. A push is split into adding
 * parts, which contain presences only, and closing parts. A heartbeat is split between the other replicas. What a delta or heartbeat says about pending leaves is split too. A pull is not
 * split: it asks for the first replicas that fit. An empty delta becomes no message at all.
 *
 * @param newest The newest version that the sender speaks. It may be above the version of the message.
 * @param signing Signs each message. Without it, a message has a checksum only.
 * @param mode What the sender replicates.
 * @throws {LimitError} when a name or id is empty or longer than 255 bytes, when `maxMessageBytes` is below 2 560, or
 * when `assertFits` would refuse one of the presences.
 * @example
 * const messages = encode({ type: "delta", seen, operations: set.takeOperations() }, { sender, counter }, 8_000);
 * for (const bytes of messages) publish(bytes);
 * counter += messages.length;
 */
export function encode(
  outgoing: OutgoingMessage,
  envelope: Envelope,
  maxMessageBytes: number = Number.POSITIVE_INFINITY,
  newest: number = PROTOCOL_VERSION,
  signing?: MessageSigning,
  mode: ReplicateMode = "presences",
): Uint8Array[] {
  assertMessageBytes(maxMessageBytes);
  for (const { name, id } of [envelope.sender, ...(outgoing.type === "heartbeat" ? outgoing.others : [])]) {
    assertName("name", name);
    assertName("id", id);
  }
  for (const id of idsIn(outgoing)) assertName("id", id);
  const start: StartMessage = (draft, index) => {
    draft.writer.byte(PROTOCOL_VERSION);
    draft.writer.byte(newest);
    draft.writer.byte(SHARD[mode]);
    writeEnvelope(draft, KIND[outgoing.type], envelope, index);
  };
  const contents = encodeContents(outgoing, start, maxMessageBytes - sealBytes(signing));
  return contents.map((content) => seal(content, signing));
}

function encodeContents(outgoing: OutgoingMessage, start: StartMessage, maxBytes: number): Uint8Array[] {
  switch (outgoing.type) {
    case "delta":
      return encodeDelta(outgoing, start, maxBytes);
    case "push":
      return encodePush(outgoing, start, maxBytes);
    case "heartbeat":
      return encodeHeartbeat(outgoing, start, maxBytes);
    case "pull":
      return encodePull(outgoing, start, maxBytes);
    case "leaving":
      return encodeLeaving(outgoing, start, maxBytes);
  }
}

/** The ids of the replicas that the message names without their name. */
function idsIn(outgoing: OutgoingMessage): string[] {
  if (outgoing.type === "pull") return [outgoing.to, ...outgoing.wants.map(({ replica }) => replica)];
  if (outgoing.type === "delta" || outgoing.type === "heartbeat") return idsInHandover(outgoing.handover);
  if (outgoing.type === "push") return [outgoing.to, ...outgoing.fragments.map(({ replica }) => replica)];
  return [];
}

function idsInHandover(handover: Handover | undefined): string[] {
  if (handover === undefined) return [];
  const { claims, answers } = handover;
  return [...claims.flatMap(({ replica }) => replica ?? []), ...answers.map(({ claimer }) => claimer)];
}

function writeEnvelope(
  { writer }: MessageDraft,
  kind: number,
  { sender, counter }: Envelope,
  index: number,
): void {
  writer.byte(kind);
  writer.number(counter + index);
  writer.text(writer.names, sender.name);
  writer.text(writer.names, sender.id);
  writer.number(sender.startedAt);
}

function encodeHeartbeat(heartbeat: Heartbeat, start: StartMessage, maxBytes: number): Uint8Array[] {
  const startHeartbeat: StartMessage = (draft, index) => {
    start(draft, index);
    draft.writer.intervals(heartbeat.seen, MAX_OWN_SEEN_BYTES);
    draft.writer.uint32(heartbeat.digest);
    draft.writer.number(heartbeat.leaveDelayMs);
    draft.writer.number(heartbeat.heartbeatIntervalMs);
  };
  // The ends of the list and of the handover take a byte each.
  const packer = new Packer(maxBytes - 2, startHeartbeat);
  packer.startMessage();
  for (const other of heartbeat.others) {
    packer.add(({ writer }) => {
      writer.text(writer.names, other.id);
      writer.text(writer.names, other.name);
      writer.number(other.startedAt);
      writer.intervals(other.seen, maxBytes - RESERVED_BYTES);
    });
  }
  for (const draft of packer.drafts) endList(draft);
  const startWithoutOthers: StartMessage = (draft, index) => {
    startHeartbeat(draft, index);
    endList(draft);
  };
  return addHandover(packer.drafts, heartbeat.handover, startWithoutOthers, maxBytes);
}

function encodePull(pull: Pull, start: StartMessage, maxBytes: number): Uint8Array[] {
  const packer = new Packer(maxBytes - 1, (draft, index) => {
    start(draft, index);
    draft.writer.text(draft.writer.names, pull.to);
    draft.writer.number(pull.request);
  });
  packer.startMessage();
  for (const { replica, seen } of pull.wants) {
    packer.add(({ writer }) => {
      writer.text(writer.names, replica);
      writer.intervals(seen, maxBytes - RESERVED_BYTES);
    });
  }
  const [only] = packer.drafts;
  endList(only!);
  return [only!.writer.bytes()];
}

function encodeLeaving({ lingerMs, lastDot }: Leaving, start: StartMessage, maxBytes: number): Uint8Array[] {
  const packer = new Packer(maxBytes, start);
  packer.add(({ writer }) => {
    writer.number(lingerMs);
    writer.number(lastDot);
  });
  return packer.drafts.map(({ writer }) => writer.bytes());
}

/** Ends a list with a byte of 0, which no item starts with. */
function endList({ writer }: MessageDraft): void {
  writer.byte(0);
}
