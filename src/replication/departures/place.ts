/** A topic and a key: what a newcomer and the pending leave that it supersedes have in common. */
export interface Place {
  readonly topic: string;
  readonly key: string;
}

/** A map by topic and then by key. */
export class PlaceMap<Value> {
  readonly #byTopic = new Map<string, Map<string, Value>>();

  get isEmpty(): boolean {
    return this.#byTopic.size === 0;
  }

  get({ topic, key }: Place): Value | undefined {
    return this.#byTopic.get(topic)?.get(key);
  }

  set({ topic, key }: Place, value: Value): void {
    const keys = this.#byTopic.get(topic) ?? new Map<string, Value>();
    this.#byTopic.set(topic, keys.set(key, value));
  }

  delete({ topic, key }: Place): void {
    const keys = this.#byTopic.get(topic);
    if (keys?.delete(key) && keys.size === 0) this.#byTopic.delete(topic);
  }

  *entries(): Generator<readonly [Place, Value]> {
    for (const [topic, keys] of this.#byTopic) {
      for (const [key, value] of keys) yield [{ topic, key }, value];
    }
  }

  clear(): void {
    this.#byTopic.clear();
  }
}
