import { getHeapSnapshot } from "node:v8";
import { ByteSource } from "./byte-source.ts";
import { HeapGraph, type SnapshotHeader } from "./heap-graph.ts";

const QUOTE = 34;
const ZERO = 48;
const NINE = 57;
const BACKSLASH = 92;
const CLOSING_BRACKET = 93;

/**
 * A snapshot of this process's heap, which V8 collects before. It is JSON, and of a million presences gigabytes of it:
 * read byte by byte as it comes, and never held as a text.
 */
export async function readSnapshot(): Promise<HeapGraph> {
  const source = new ByteSource(getHeapSnapshot());
  const head = await textUntil(source, ',\n"nodes":[');
  const { snapshot } = JSON.parse(`${head}}`) as { snapshot: SnapshotHeader };
  const graph = new HeapGraph(snapshot);
  await readNumbers(source, snapshot.meta.node_fields.length, (fields) => graph.addNode(fields));
  await skipTo(source, ',\n"edges":[');
  await readNumbers(source, snapshot.meta.edge_fields.length, (fields) => graph.addEdge(fields));
  await skipTo(source, ',\n"strings":[');
  const kept = graph.namesToKeep();
  await readStrings(source, kept, (index, text) => graph.addName(index, text));
  await source.drain();
  return graph;
}

/** What stands before this text, which is taken too. */
async function textUntil(source: ByteSource, end: string): Promise<string> {
  const bytes: number[] = [];
  await skipTo(source, end, (byte) => bytes.push(byte));
  return Buffer.from(bytes.slice(0, -end.length)).toString();
}

/** Takes all up to this text, and the text: one that begins with a character that it does not hold again. */
async function skipTo(
  source: ByteSource,
  text: string,
  each: (byte: number) => void = () => {},
): Promise<void> {
  const wanted = Buffer.from(text);
  for (let found = 0; found < wanted.length; ) {
    if (source.isEmpty) await source.fill();
    const byte = source.take();
    each(byte);
    if (byte === wanted[found]) found++;
    else found = byte === wanted[0] ? 1 : 0;
  }
}

/** The numbers of an array, by so many. */
async function readNumbers(
  source: ByteSource,
  width: number,
  add: (fields: readonly number[]) => void,
): Promise<void> {
  const fields = new Array<number>(width).fill(0);
  let field = 0;
  let number = 0;
  let isInNumber = false;
  for (;;) {
    if (source.isEmpty) await source.fill();
    const byte = source.take();
    if (byte >= ZERO && byte <= NINE) {
      number = number * 10 + byte - ZERO;
      isInNumber = true;
      continue;
    }
    if (isInNumber) fields[field++] = number;
    number = 0;
    isInNumber = false;
    if (field === width) {
      add(fields);
      field = 0;
    }
    if (byte === CLOSING_BRACKET) return;
  }
}

/** Those strings of an array that are asked for by their place. */
async function readStrings(
  source: ByteSource,
  kept: ReadonlySet<number>,
  add: (index: number, text: string) => void,
): Promise<void> {
  let bytes: number[] = [];
  let isInString = false;
  let isEscaped = false;
  let index = 0;
  let isKept = kept.has(index);
  for (;;) {
    if (source.isEmpty) await source.fill();
    const byte = source.take();
    if (!isInString && byte === CLOSING_BRACKET) return;
    if (byte === QUOTE && !isEscaped) {
      isInString = !isInString;
      if (isInString) continue;
      if (isKept) add(index, JSON.parse(`"${Buffer.from(bytes).toString()}"`) as string);
      bytes = [];
      isKept = kept.has(++index);
      continue;
    }
    isEscaped = byte === BACKSLASH && !isEscaped;
    if (isInString && isKept) bytes.push(byte);
  }
}
