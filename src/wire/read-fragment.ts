import type { Fragment, LeavePair, LiveDot } from "../crdt/fragment.ts";
import { dotsOf } from "../crdt/fragment.ts";
import { Intervals, MAX_DOT } from "../crdt/intervals.ts";
import type { Json, Meta } from "../payload.ts";
import type { ByteReader } from "./byte-reader.ts";
import { MAX_META_DEPTH, RECORD } from "./format.ts";
import { nestsWithin } from "./limits.ts";
import { unzigzag } from "./zigzag.ts";

/** The strings and metas that a message has named so far. */
export class StringTables {
  readonly names: string[] = [];
  readonly topics: string[] = [];
  readonly keys: string[] = [];
  readonly metaTexts: string[] = [];
  readonly metas: Meta[] = [];
}

/** Reads the records of one fragment up to its end; refuses one that contradicts itself. */
export function readFragment(reader: ByteReader, tables: StringTables, replica: string): Fragment {
  const live: LiveDot[] = [];
  const leaves: LeavePair[] = [];
  const rest = Intervals.empty();
  let dot = 0;
  let owner = 0;
  for (let tag = reader.number(); tag > 0; tag = reader.number()) {
    const kind = tag % 4;
    dot += unzigzag((tag - kind) / 4);
    if (dot < 1 || dot > MAX_DOT) reader.refuse(`an event number is not from 1 to ${MAX_DOT}`);
    if (kind === RECORD.interval) {
      const high = dot + reader.number(MAX_DOT);
      if (dot <= rest.max || high > MAX_DOT) reader.refuse("an interval overlaps, or ends too high");
      rest.addRange(dot, high);
      dot = high;
    } else if (kind === RECORD.leave) {
      leaves.push({ leave: dot, dead: earlierThan(reader, dot) });
    } else {
      const replaced = kind === RECORD.update ? earlierThan(reader, dot) : 0;
      owner += reader.difference();
      if (owner < 0 || owner > MAX_DOT) reader.refuse(`an owner is not from 0 to ${MAX_DOT}`);
      const topic = reader.text(tables.topics);
      const key = reader.text(tables.keys);
      live.push({ dot, owner, topic, key, content: readMeta(reader, tables), replaced });
    }
  }
  live.sort((one, other) => one.dot - other.dot);
  leaves.sort((one, other) => one.leave - other.leave);
  return { replica, seen: seenOf(reader, live, leaves, rest), live, leaves };
}

/** An event ends or replaces one before it. */
function earlierThan(reader: ByteReader, dot: number): number {
  const distance = reader.number(MAX_DOT);
  if (distance < 1 || distance >= dot) reader.refuse(`event ${dot} names one that is not before it`);
  return dot - distance;
}

/** All that is named, and the rest. No event is two things: not live and dead, not a join and a leave. */
function seenOf(reader: ByteReader, live: LiveDot[], leaves: LeavePair[], rest: Intervals): Intervals {
  const named = dotsOf(live, leaves);
  const seen = Intervals.of(named);
  if (seen.size !== named.length) reader.refuse("an event is named twice");
  seen.addAll(rest);
  return seen;
}

/** Equal metas of one message are one object: it is parsed once, and never changed. */
function readMeta(reader: ByteReader, { metaTexts, metas }: StringTables): Meta {
  const place = reader.stringIndex(metaTexts);
  metas[place] ??= parseMeta(reader, metaTexts[place]!);
  return metas[place];
}

function parseMeta(reader: ByteReader, text: string): Meta {
  let meta: Json;
  try {
    meta = JSON.parse(text) as Json;
  } catch {
    return reader.refuse("a meta is not JSON");
  }
  if (typeof meta !== "object" || meta === null || Array.isArray(meta))
    return reader.refuse("a meta is no object");
  if (!nestsWithin(MAX_META_DEPTH, meta)) reader.refuse(`a meta nests deeper than ${MAX_META_DEPTH}`);
  if (!hasFiniteNumbers(meta)) reader.refuse("a meta has a number that is too large");
  return meta as Meta;
}

/** `1e999` parses as Infinity, which would be null once we pass it on. */
function hasFiniteNumbers(value: Json): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  for (const name in value) if (!hasFiniteNumbers((value as Meta)[name]!)) return false;
  return true;
}
