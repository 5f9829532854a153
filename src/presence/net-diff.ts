import type { PresenceMeta, State } from "../payload.ts";
import { groupByKey } from "./group-by-key.ts";

/** What changed in one topic, grouped by key. */
export interface TopicChange<M extends object> {
  readonly joins: State<M>;
  readonly leaves: State<M>;
}

/** What several changes of a topic come to, by `phx_ref`: one that came and went, or went and came back, is not in it. */
export class NetDiff<M extends object> {
  readonly #joins = new Map<string, readonly [key: string, meta: PresenceMeta<M>]>();
  readonly #leaves = new Map<string, readonly [key: string, meta: PresenceMeta<M>]>();

  get isEmpty(): boolean {
    return this.#joins.size === 0 && this.#leaves.size === 0;
  }

  /** Adds what happened next. */
  add({ joins, leaves }: TopicChange<M>): void {
    for (const entry of entriesOf(leaves)) {
      const ref = entry[1].phx_ref;
      if (!this.#joins.delete(ref)) this.#leaves.set(ref, entry);
    }
    for (const entry of entriesOf(joins)) {
      const ref = entry[1].phx_ref;
      if (!this.#leaves.delete(ref)) this.#joins.set(ref, entry);
    }
  }

  /** A copy that is the caller's to change. */
  toChange(): TopicChange<M> {
    return { joins: groupByKey(this.#joins.values()), leaves: groupByKey(this.#leaves.values()) };
  }
}

function* entriesOf<M extends object>(state: State<M>): Generator<readonly [string, PresenceMeta<M>]> {
  for (const key of Object.keys(state)) {
    for (const meta of state[key]!.metas) yield [key, meta];
  }
}
