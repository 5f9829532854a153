import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { MalformedTraceError } from "./json-readers.ts";

/** One line of a trace file, and where it stands, as `file:line`. */
export interface TraceLine {
  readonly where: string;
  readonly text: string;
}

/**
 * The lines of a trace file, gzipped or plain, save the blank ones.
 *
 * @throws {MalformedTraceError} when it can't be read, is damaged, is not UTF-8, or has no line.
 */
export function readTraceFile(file: string): TraceLine[] {
  const lines = textOf(file)
    .split("\n")
    .map((text, index) => ({ where: `${file}:${index + 1}`, text }))
    .filter(({ text }) => text.trim() !== "");
  if (lines.length === 0) throw new MalformedTraceError("the file holds no trace");
  return lines;
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

/** By its first bytes, not by its name, which may have changed on the way here. */
function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
