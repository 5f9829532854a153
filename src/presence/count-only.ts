import { describeValue } from "../checks/describe-value.ts";
import { InvalidArgumentError } from "../errors.ts";

/**
 * The number of presences of each key.
 *
 * @example
 * const counts: Counts<"readers"> = { readers: { count: 12 } };
 */
export type Counts<K extends string> = { [Key in K]: { count: number } };

/**
 * A `fetch` that shows only counts: the number of presences of each of these keys, 0 for a key without presences. It shows no
 * metas and no other keys. A change that changes none of these counts, such as a new meta, is not sent to readers. A diff has net
 * numbers: each key counts in its joins or in its leaves, never in both.
 *
 * A presence with this `fetch` does not call it: its states and diffs come from counts that are kept, in O(these keys),
 * independent of the size of the topic. It also has `presence.counts(topic)`, which gives the projection at once.
 *
 * @throws {InvalidArgumentError} for no keys, or a key that is not a string or is empty; it is a `TypeError`.
 * @example
 * const presence = await createPresence({ pubsub, fetch: countOnly("viewers", "users") });
 * await presence.list("article:7"); // { viewers: { count: 12 }, users: { count: 3 } }
 */
export function countOnly<K extends string>(...keys: K[]): CountFetch<K> {
  if (keys.length === 0) throw notKeys("nothing");
  for (const key of keys) if (typeof key !== "string" || key === "") throw notKeys(describeValue(key));
  const fetch: CountFetch<K> = (_topic, presences) => {
    const counts = Object.fromEntries(
      keys.map((key) => [key, { count: Object.hasOwn(presences, key) ? presences[key]!.metas.length : 0 }]),
    ) as Counts<K>;
    results.add(counts);
    return counts;
  };
  countedKeys.set(fetch, new Set(keys));
  return fetch;
}

/** The keys of each `countOnly` function. A mark on the functions themselves would be visible to their callers. */
const countedKeys = new WeakMap<object, ReadonlySet<string>>();

/** The keys that a `fetch` counts if `countOnly` returned it. A function that only calls such a `fetch` is not one. */
export function countedKeysOf(fetch: object): ReadonlySet<string> | undefined {
  return countedKeys.get(fetch);
}

/** What `countOnly` functions have returned. A mark on the counts themselves would be visible to readers. */
const results = new WeakSet<object>();

/** Whether a projection is the unchanged result of a `countOnly` function. */
export function isCounted(projection: object): projection is Counts<string> {
  return results.has(projection);
}

/**
 * The type of a `countOnly` function: a `Fetch` for presences of any meta.
 *
 * @example
 * const fetch: CountFetch<"readers"> = countOnly("readers");
 */
export type CountFetch<K extends string> = (
  topic: string,
  presences: { readonly [key: string]: { readonly metas: readonly unknown[] } },
) => Counts<K>;

function notKeys(given: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `countOnly was given ${given}; it takes the keys to count, each a string that is not empty. Pass the keys that you track, as in countOnly("readers").`,
  );
}
