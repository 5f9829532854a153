import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { Meta } from "../../payload.ts";

/** The largest number that counts. A larger one is not from a node of ours, and sums of it would lose precision. */
const MAX_NUMBER = 2 ** 31;

/** The longest meta of an entry. */
export const LARGEST_COUNT_META: Meta = countMeta(MAX_NUMBER, MAX_NUMBER);

/** The bytes of its JSON. */
export const MAX_COUNT_META_BYTES: number = JSON.stringify(LARGEST_COUNT_META).length;

/** The meta of an entry of the replicated set: its number, and how many of them are pending leaves. */
export function countMeta(n: number, pending: number): Meta {
  return pending === 0 ? { n } : { n, p: pending };
}

/** The number of an entry, or 0 for a meta that is not a number. */
export function numberIn({ content }: PresenceRecord): number {
  return checked(content["n"]);
}

/** How many of the presences of an entry are pending leaves. */
export function pendingIn(entry: PresenceRecord): number {
  return Math.min(checked(entry.content["p"]), numberIn(entry));
}

function checked(number: unknown): number {
  return Number.isInteger(number) && (number as number) > 0 && (number as number) <= MAX_NUMBER
    ? (number as number)
    : 0;
}
