import type { LiveDot } from "../../src/crdt/index.ts";

/**
 * The least that any index of presences does in JavaScript: one object per presence, in a map by dot, a map by owner, and
 * maps by topic and key. It cannot merge, report joins or hide a replica. It measures the machine.
 */
export class BareMaps {
  readonly #byDot = new Map<number, LiveDot>();
  readonly #byOwner = new Map<number, LiveDot>();
  readonly #byTopic = new Map<string, Map<string, LiveDot>>();

  add(live: LiveDot): void {
    this.#byDot.set(live.dot, live);
    this.#byOwner.set(live.owner, live);
    const keys = this.#byTopic.get(live.topic);
    if (keys === undefined) this.#byTopic.set(live.topic, new Map([[live.key, live]]));
    else keys.set(live.key, live);
  }

  count(topic: string): number {
    return this.#byTopic.get(topic)?.size ?? 0;
  }
}
