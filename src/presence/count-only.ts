import { describeValue } from "../checks/describe-value.ts";
import { InvalidArgumentError } from "../errors.ts";

/**
 * How many presences each of these keys has.
 *
 * @example
 * const counts: Counts<"readers"> = { readers: { count: 12 } };
 */
export type Counts<K extends string> = { [Key in K]: { count: number } };

/**
 * A `fetch` that tells how many, and nothing of who: of each of these keys the number of its presences, 0 where there is
 * none.
 *
 * @throws {InvalidArgumentError} unless it is given keys, each a string that is not empty; it is a `TypeError`.
 * @example
 * const presence = await createPresence({ pubsub, fetch: countOnly("viewers", "users") });
 * await presence.list("article:7"); // { viewers: { count: 12 }, users: { count: 3 } }
 */
export function countOnly<K extends string>(...keys: K[]): CountFetch<K> {
  if (keys.length === 0) throw notKeys("nothing");
  for (const key of keys) if (typeof key !== "string" || key === "") throw notKeys(describeValue(key));
  return (_topic, presences) =>
    Object.fromEntries(
      keys.map((key) => [key, { count: Object.hasOwn(presences, key) ? presences[key]!.metas.length : 0 }]),
    ) as Counts<K>;
}

/**
 * What `countOnly` gives: a `Fetch` for presences of any meta.
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
    `countOnly was given ${given}; it takes the keys to count, each a string, not empty. Name the keys that you track under.`,
  );
}
