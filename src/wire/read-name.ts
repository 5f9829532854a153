import type { ByteReader } from "./byte-reader.ts";
import { MAX_NAME_BYTES } from "./format.ts";
import { byteLength } from "./limits.ts";
import type { ReaderTables } from "./string-tables.ts";

/** Reads the name or id of a replica. */
export function readName(reader: ByteReader, tables: ReaderTables): string {
  const name = reader.text(tables.names);
  // Each UTF-16 unit takes at most three bytes of UTF-8.
  const mayBeTooLong = name.length > MAX_NAME_BYTES / 3;
  if (mayBeTooLong && byteLength(name) > MAX_NAME_BYTES)
    reader.refuse(`a name is longer than ${MAX_NAME_BYTES} bytes`);
  return name;
}
