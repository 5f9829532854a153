import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { MalformedTraceError } from "./json-readers.ts";

/** One line of a trace file. */
export interface TraceLine {
  /** Its place, as `file:line`. */
  readonly where: string;
  readonly text: string;
}

/**
 * The lines of a trace file, gzipped or plain, without the blank ones.
 *
 * @throws {MalformedTraceError} when the file can't be read, is damaged, is not UTF-8, or has no line.
 */
export function readTraceFile(file: string): TraceLine[] {
  const lines = textOf(file)
    .split("\n")
    .map((text, index) => ({ where: `${file}:${index + 1}`, text }))
    .filter(({ text }) => text.trim() !== "");
  if (lines.length === 0) throw new MalformedTraceError("the file holds no trace");
  return lines;
}

/** The path of a trace file in this folder. */
export function bundledTracePath(name: string): string {
  return fileURLToPath(new URL(`${name}.jsonl.gz`, import.meta.url));
}

/** The lines of a trace file in this folder. */
export function bundledTraceLines(name: string): string[] {
  return readTraceFile(bundledTracePath(name)).map(({ text }) => text);
}

function textOf(file: string): string {
  try {
    const bytes = readFileSync(file);
    const plain = isGzip(bytes) ? gunzipSync(bytes) : bytes;
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch (error) {
    throw new MalformedTraceError(`the file can't be read: ${(error as Error).message}`, { cause: error });
  }
}

/** Reads the first bytes, because a file may have been renamed. */
function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
