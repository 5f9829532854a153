import { MAX_DOT } from "../crdt/intervals.ts";
import type { ByteReader } from "./byte-reader.ts";
import { HANDOVER, unzigzag } from "./format.ts";
import { readName } from "./read-name.ts";
import type { Claim, ClaimAnswer, Handover } from "./replica-message.ts";
import type { ReaderTables } from "./string-tables.ts";

/** Reads the handover that ends a message. It may be empty. */
export function readHandover(reader: ByteReader, tables: ReaderTables): { handover?: Handover } {
  if (reader.skipListEnd()) return {};
  const pendingLeaves: number[] = [];
  const claims: Claim[] = [];
  const answers: ClaimAnswer[] = [];
  const previous = [0, 0, 0, 0];
  while (!reader.skipListEnd()) {
    const tag = reader.number();
    const kind = tag % 4;
    const number = previous[kind]! + unzigzag((tag - kind) / 4);
    if (number < 1 || number > MAX_DOT) reader.refuse(`a number is not from 1 to ${MAX_DOT}`);
    previous[kind] = number;
    if (kind === HANDOVER.pendingLeave) pendingLeaves.push(number);
    if (kind === HANDOVER.claim) claims.push(readClaim(reader, tables, number));
    if (kind === HANDOVER.answer) answers.push(readAnswer(reader, tables, number));
  }
  const lastPendingLeave = previous[HANDOVER.lastPendingLeave]!;
  return { handover: { lastPendingLeave, pendingLeaves, claims, answers } };
}

function readClaim(reader: ByteReader, tables: ReaderTables, number: number): Claim {
  const upTo = reader.number(MAX_DOT + 1) - 1;
  const replica = upTo < 0 ? undefined : readName(reader, tables);
  const topic = reader.text(tables.topics);
  return { number, replica, upTo: Math.max(0, upTo), topic, key: reader.text(tables.keys) };
}

function readAnswer(reader: ByteReader, tables: ReaderTables, number: number): ClaimAnswer {
  const claimer = readName(reader, tables);
  const isGranted = reader.byte();
  if (isGranted > 1) reader.refuse("an answer is neither yes nor no");
  return { claimer, number, isGranted: isGranted === 1 };
}
