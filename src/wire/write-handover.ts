import type { ByteWriter } from "./byte-writer.ts";
import { HANDOVER, zigzag } from "./format.ts";
import { type MessageDraft, Packer, type StartMessage } from "./packer.ts";
import type { Claim, ClaimAnswer, Handover } from "./replica-message.ts";

/**
 * Ends these messages with a handover: the last of them has what fits, and further messages have the rest. `start` starts a
 * message up to where a handover begins.
 */
export function addHandover(
  drafts: readonly MessageDraft[],
  handover: Handover | undefined,
  start: StartMessage,
  maxBytes: number,
): Uint8Array[] {
  const all = handover === undefined ? drafts : withHandover(drafts, handover, start, maxBytes - 1);
  return all.map(({ writer }) => {
    writer.byte(0);
    return writer.bytes();
  });
}

function withHandover(
  drafts: readonly MessageDraft[],
  { lastPendingLeave, pendingLeaves, claims, answers }: Handover,
  start: StartMessage,
  maxBytes: number,
): readonly MessageDraft[] {
  const last = drafts.at(-1);
  let writer = last && new HandoverWriter(last.writer);
  const startNext: StartMessage = (draft, index) => {
    start(draft, drafts.length + index - Number(last !== undefined));
    writer = new HandoverWriter(draft.writer);
  };
  const packer = new Packer(maxBytes, startNext, last);
  const addRecord = (write: (writer: HandoverWriter) => void) =>
    packer.add(() => {
      writer!.lastPendingLeave(lastPendingLeave);
      write(writer!);
    });
  for (const dot of pendingLeaves) addRecord((to) => to.pendingLeave(dot));
  for (const claim of claims) addRecord((to) => to.claim(claim));
  for (const answer of answers) addRecord((to) => to.answer(answer));
  if (lastPendingLeave > 0 && pendingLeaves.length + claims.length + answers.length === 0)
    addRecord(() => {});
  return [...drafts.slice(0, -1), ...packer.drafts];
}

/** Writes the records of a handover in one message. Numbers are written as differences to the previous one of their kind. */
class HandoverWriter {
  readonly #writer: ByteWriter;
  readonly #previous = [0, 0, 0, 0];

  constructor(writer: ByteWriter) {
    this.#writer = writer;
  }

  /** Each message states this once. */
  lastPendingLeave(number: number): void {
    if (this.#previous[HANDOVER.lastPendingLeave] !== number) this.#tag(HANDOVER.lastPendingLeave, number);
  }

  pendingLeave(dot: number): void {
    this.#tag(HANDOVER.pendingLeave, dot);
  }

  /** `upTo` is written as one more, so that 0 means that any replica that has left is claimed. */
  claim({ number, replica, upTo, topic, key }: Claim): void {
    const writer = this.#writer;
    this.#tag(HANDOVER.claim, number);
    writer.number(replica === undefined ? 0 : upTo + 1);
    if (replica !== undefined) writer.text(writer.names, replica);
    writer.text(writer.topics, topic);
    writer.text(writer.keys, key);
  }

  answer({ claimer, number, isGranted }: ClaimAnswer): void {
    this.#tag(HANDOVER.answer, number);
    this.#writer.text(this.#writer.names, claimer);
    this.#writer.byte(Number(isGranted));
  }

  #tag(kind: number, number: number): void {
    this.#writer.number(zigzag(number - this.#previous[kind]!) * 4 + kind);
    this.#previous[kind] = number;
  }
}
