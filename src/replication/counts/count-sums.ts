import type { CountChange } from "./count-change.ts";
import { CountedTopic } from "./counted-topic.ts";

/** How many presences each topic and key has in the cluster: the sums of the numbers of all visible replicas. */
export class CountSums {
  readonly #topics = new Map<string, CountedTopic>();

  /** The topic of this name, for an entry of the replicated set. A topic that is not known yet is created. */
  topic(name: string): CountedTopic {
    return this.#topics.get(name) ?? new CountedTopic(name, this.#topics);
  }

  /** The sum of a topic, or of one key in it. O(1). */
  count(topic: string, key?: string): number {
    const counted = this.#topics.get(topic);
    if (counted === undefined) return 0;
    return key === undefined ? counted.total : counted.sumOf(key);
  }

  /** The number of keys of a topic with a sum above 0. */
  keyCount(topic: string): number {
    return this.#topics.get(topic)?.keyCount ?? 0;
  }

  /** The topics with a sum above 0. */
  topics(): string[] {
    return Array.from(this.#topics.values())
      .filter(({ keyCount }) => keyCount > 0)
      .map(({ name }) => name);
  }

  add({ topic, key, joins, leaves }: CountChange): void {
    this.topic(topic).change(key, joins - leaves);
  }
}
