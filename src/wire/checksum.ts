/** The reversed polynomial of CRC-32, as in gzip and Ethernet. */
const POLYNOMIAL = 0xedb8_8320;

/** How many bytes one round of the loop reads, with a table for each (slicing, Kounavis and Berry, 2005). */
const SLICES = 8;

/** `TABLES[slice * 256 + byte]`: the remainder of a byte that `slice` further bytes follow. */
const TABLES = createTables();

/** The CRC-32 of the bytes from `start` to before `end`. `first`, if it is given, replaces the first of them. */
export function crc32(bytes: Uint8Array, end: number, first: number = bytes[0]!): number {
  const table = TABLES;
  if (end === 0) return 0;
  let at = 1;
  let crc = (table[(0xff ^ first) & 0xff]! ^ 0x00ff_ffff) | 0;
  for (const last = end - SLICES; at <= last; at += SLICES) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      table[1792 + (crc & 0xff)]! ^
      table[1536 + ((crc >>> 8) & 0xff)]! ^
      table[1280 + ((crc >>> 16) & 0xff)]! ^
      table[1024 + (crc >>> 24)]! ^
      table[768 + bytes[at + 4]!]! ^
      table[512 + bytes[at + 5]!]! ^
      table[256 + bytes[at + 6]!]! ^
      table[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = table[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function createTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
    tables[byte] = remainder;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256]!;
    tables[at] = tables[before & 0xff]! ^ (before >>> 8);
  }
  return tables;
}
