import type { ProjectedChange } from "./presence-message.ts";

/**
 * Whether a projected change is nothing to a reader: it has no keys, or only counts, and as many joins as leaves under each key.
 * Any other member of an entry may mean something to readers.
 */
export function isWithoutEffect({ joins, leaves }: ProjectedChange<object>): boolean {
  if (!isPlain(joins) || !isPlain(leaves)) return false;
  return isBalanced(joins, leaves) && isBalanced(leaves, joins);
}

type Entries = Readonly<Record<string, unknown>>;

/** An object of a class may have content that is not in its keys. */
function isPlain(projection: object): projection is Entries {
  const prototype: unknown = Object.getPrototypeOf(projection);
  return prototype === null || prototype === Object.prototype;
}

/** Whether each entry of one side is a count, and the other side has the same. */
function isBalanced(one: Entries, other: Entries): boolean {
  for (const key of Object.keys(one)) {
    const count = countOf(one[key]);
    if (count === undefined || count !== countOf(Object.hasOwn(other, key) ? other[key] : NO_COUNT))
      return false;
  }
  return true;
}

const NO_COUNT = { count: 0 };

/** The count of an entry with this member only, as `countOnly` makes it. */
function countOf(entry: unknown): number | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const { count } = entry as { readonly count?: unknown };
  return typeof count === "number" && Object.keys(entry).length === 1 ? count : undefined;
}
