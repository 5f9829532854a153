import { lookUpKey } from "../tracker/admission/topics-and-keys.ts";
import type { CountChange } from "../tracker/events/count-changes.ts";
import type { Counts } from "./count-only.ts";
import type { FetchResult } from "./fetcher.ts";
import type { TopicChange } from "./net-change.ts";
import { type KeyCounts, NetCounts } from "./net-counts.ts";
import type { Projector } from "./projector.ts";

/**
 * Shows the numbers of presences of some keys, as `countOnly` does, from counts that are kept. A state and a diff cost O(these
 * keys), independent of the size of the topic: no presence is listed, and no meta is made.
 */
export class CountProjector<P extends object> implements Projector<KeyCounts, P> {
  /** Each key that is watched has a number in every diff, also the keys that have not changed. */
  readonly isPerKeySet: boolean = true;
  readonly #keys: ReadonlySet<string>;
  readonly #count: (topic: string, key: string) => number;

  /** `P` is `Counts` of these keys. `count` gives the number of presences of a key now. */
  constructor(keys: ReadonlySet<string>, count: (topic: string, key: string) => number) {
    this.#keys = keys;
    this.#count = count;
  }

  async list(topic: string): Promise<P> {
    return this.counts(topic);
  }

  async getByKey(topic: string, key: string | number): Promise<P[keyof P] | undefined> {
    const name = lookUpKey(key);
    const count = this.#count(topic, name);
    if (count === 0 || !this.#keys.has(name)) return undefined;
    return { count } as P[keyof P];
  }

  counts(topic: string): P {
    return this.#show(this.read(topic));
  }

  read(topic: string, keys: Iterable<string> = this.#keys): KeyCounts {
    const counts: Record<string, number> = Object.create(null);
    for (const key of keys) counts[key] = this.#count(topic, key);
    return counts;
  }

  readJoins(topic: string, keys: readonly string[]): KeyCounts {
    return this.read(topic, keys);
  }

  pick(counts: KeyCounts, keys: readonly string[] = Object.keys(counts)): KeyCounts {
    const picked: Record<string, number> = Object.create(null);
    for (const key of keys) if (Object.hasOwn(counts, key)) picked[key] = counts[key]!;
    return picked;
  }

  createNetChange(): NetCounts {
    return new NetCounts();
  }

  project(
    _topic: string,
    inputs: readonly KeyCounts[],
    settle: (result: FetchResult<readonly P[]>) => void,
    keys?: readonly string[],
  ): void {
    settle({ value: inputs.map((counts) => this.#show(counts, keys)) });
  }

  /** The net changes of the counted keys, by topic. A topic without readers, or in which nothing changes for them, is left out. */
  netChanges(
    changes: readonly CountChange[],
    hasReaders: (topic: string) => boolean,
  ): Map<string, TopicChange<KeyCounts>> {
    const sums = new Map<string, NetCounts>();
    for (const { topic, key, joins, leaves } of changes) {
      if (joins === leaves || !this.#keys.has(key) || !hasReaders(topic)) continue;
      const sum = sums.get(topic) ?? new NetCounts();
      sums.set(topic, sum);
      sum.addKey(key, joins - leaves);
    }
    return new Map(Array.from(sums, ([topic, sum]) => [topic, sum.toChange()]));
  }

  #show(counts: KeyCounts, keys: Iterable<string> = this.#keys): P {
    const entries = Array.from(keys, (key) => [key, { count: counts[key] ?? 0 }] as const);
    const shown: Counts<string> = Object.fromEntries(entries);
    return shown as object as P;
  }
}
