import type { Fragment, LeavePair, LiveDot } from "../crdt/fragment.ts";
import { dotsOf } from "../crdt/fragment.ts";
import { Intervals, MAX_DOT } from "../crdt/intervals.ts";
import type { Json, Meta } from "../payload.ts";
import type { ByteReader } from "./byte-reader.ts";
import { MAX_META_DEPTH, RECORD, unzigzag } from "./format.ts";
import { nestsWithin } from "./limits.ts";
import type { ReaderTables } from "./string-tables.ts";

/** Reads one fragment. Refuses one that contradicts itself. */
export function readFragment(reader: ByteReader, tables: ReaderTables, replica: string): Fragment {
  const live: LiveDot[] = [];
  const leaves: LeavePair[] = [];
  const intervals = Intervals.empty();
  let dot = 0;
  let owner = 0;
  for (let tag = reader.number(); tag > 0; tag = reader.number()) {
    const kind = tag % 4;
    dot += unzigzag((tag - kind) / 4);
    if (dot < 1 || dot > MAX_DOT) reader.refuse(`an event number is not from 1 to ${MAX_DOT}`);
    if (kind === RECORD.interval) {
      const high = dot + reader.number(MAX_DOT);
      if (dot <= intervals.max || high > MAX_DOT)
        reader.refuse(`an interval overlaps the one before, or ends above ${MAX_DOT}`);
      intervals.addRange(dot, high);
      dot = high;
    } else if (kind === RECORD.leave) {
      leaves.push({ leave: dot, ended: readEarlierDot(reader, dot) });
    } else {
      const replaced = kind === RECORD.update ? readEarlierDot(reader, dot) : 0;
      owner += reader.difference();
      if (owner < 0 || owner > MAX_DOT) reader.refuse(`an owner is not from 0 to ${MAX_DOT}`);
      const topic = reader.text(tables.topics);
      const key = reader.text(tables.keys);
      live.push({ dot, owner, topic, key, content: readMeta(reader, tables), replaced });
    }
  }
  live.sort((one, other) => one.dot - other.dot);
  leaves.sort((one, other) => one.leave - other.leave);
  return { replica, seen: seenOf(reader, live, leaves, intervals), live, leaves };
}

/** Reads the dot of the event that this one ends or replaces, which must be an earlier one. */
function readEarlierDot(reader: ByteReader, dot: number): number {
  const distance = reader.number(MAX_DOT);
  if (distance < 1 || distance >= dot)
    reader.refuse(`event ${dot} ends or replaces one that is not before it`);
  return dot - distance;
}

/** The named dots and the intervals. No dot may be named twice: it cannot be live and ended, or a join and a leave. */
function seenOf(reader: ByteReader, live: LiveDot[], leaves: LeavePair[], intervals: Intervals): Intervals {
  const named = dotsOf(live, leaves);
  const seen = Intervals.of(named);
  if (seen.size !== named.length) reader.refuse("an event is named twice");
  seen.addAll(intervals);
  return seen;
}

/** Reads a meta. Equal metas of one message are parsed once and share one object, which never changes. */
function readMeta(reader: ByteReader, { metaTexts, metas }: ReaderTables): Meta {
  const index = reader.stringIndex(metaTexts);
  metas[index] ??= parseMeta(reader, metaTexts[index]!);
  return metas[index];
}

function parseMeta(reader: ByteReader, text: string): Meta {
  let meta: Json;
  try {
    meta = JSON.parse(text) as Json;
  } catch {
    return reader.refuse("a meta is not JSON");
  }
  if (typeof meta !== "object" || meta === null || Array.isArray(meta))
    return reader.refuse("a meta is not an object");
  if (!nestsWithin(MAX_META_DEPTH, meta)) reader.refuse(`a meta nests deeper than ${MAX_META_DEPTH}`);
  if (!hasFiniteNumbers(meta)) reader.refuse("a meta has a number that is too large");
  return meta as Meta;
}

/** `1e999` parses as `Infinity`, which would become `null` when it is forwarded. */
function hasFiniteNumbers(value: Json): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  for (const name in value) if (!hasFiniteNumbers((value as Meta)[name]!)) return false;
  return true;
}
