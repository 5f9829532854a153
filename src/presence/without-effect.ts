import { isCounted } from "./count-only.ts";
import type { ProjectedChange } from "./presence-message.ts";

/**
 * Whether a projected change is nothing to a reader: it has no keys on either side, or `countOnly` made it and counted as many joins as
 * leaves under each key. Counts of another `fetch` are always sent: they may have another meaning.
 */
export function isWithoutEffect({ joins, leaves }: ProjectedChange<object>): boolean {
  if (isCounted(joins) && isCounted(leaves)) {
    return Object.keys(joins).every((key) => joins[key]!.count === leaves[key]?.count);
  }
  return isEmpty(joins) && isEmpty(leaves);
}

/** An object of a class may have content that is not in its keys. */
function isEmpty(projection: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(projection);
  return (prototype === null || prototype === Object.prototype) && Object.keys(projection).length === 0;
}
