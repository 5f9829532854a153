import { fileURLToPath } from "node:url";
import { readTraceFile } from "./trace-file.ts";

/** The path of a trace file that the repository carries. */
export function bundledTracePath(name: string): string {
  return fileURLToPath(new URL(`${name}.jsonl.gz`, import.meta.url));
}

/** Its traces, as the text of their lines. */
export function bundledTraceLines(name: string): string[] {
  return readTraceFile(bundledTracePath(name)).map(({ text }) => text);
}
