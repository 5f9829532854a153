import type { CountChange } from "./count-change.ts";
import { FewKeys } from "./few-keys.ts";

/** The sums of one topic: of all keys together, and of each key. None is 0. */
interface TopicSums {
  total: number;
  readonly byKey: FewKeys<number>;
}

/** How many presences each topic and key has in the cluster: the sums of the numbers of all visible replicas. */
export class CountSums {
  readonly #topics = new Map<string, TopicSums>();

  /** The sum of a topic, or of one key in it. O(1). */
  count(topic: string, key?: string): number {
    const sums = this.#topics.get(topic);
    if (sums === undefined) return 0;
    return key === undefined ? sums.total : (sums.byKey.get(key) ?? 0);
  }

  /** The number of keys of a topic with a sum above 0. */
  keyCount(topic: string): number {
    return this.#topics.get(topic)?.byKey.size ?? 0;
  }

  /** The topics with a sum above 0. */
  topics(): string[] {
    return [...this.#topics.keys()];
  }

  add({ topic, key, joins, leaves }: CountChange): void {
    const sums = this.#topics.get(topic) ?? { total: 0, byKey: new FewKeys<number>() };
    const sum = (sums.byKey.get(key) ?? 0) + joins - leaves;
    sums.total += joins - leaves;
    if (sum === 0) sums.byKey.delete(key);
    else sums.byKey.set(key, sum);
    if (sums.byKey.size === 0) this.#topics.delete(topic);
    else this.#topics.set(topic, sums);
  }
}
