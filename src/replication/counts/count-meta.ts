import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { Meta } from "../../payload.ts";

/** The largest number that counts. A larger one is not from a node of ours, and sums of it would lose precision. */
const MAX_NUMBER = 2 ** 31;

/** The longest meta of an entry. */
export const LARGEST_COUNT_META: Meta = countMeta(MAX_NUMBER);

/** The bytes of its JSON. */
export const MAX_COUNT_META_BYTES: number = JSON.stringify(LARGEST_COUNT_META).length;

/** The meta of an entry of the replicated set: its number. */
export function countMeta(n: number): Meta {
  return { n };
}

/** The number of an entry, or 0 for a meta that is not a number. */
export function numberIn({ content: { n } }: PresenceRecord): number {
  return Number.isInteger(n) && (n as number) > 0 && (n as number) <= MAX_NUMBER ? (n as number) : 0;
}
