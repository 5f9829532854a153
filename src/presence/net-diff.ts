import type { MutableState, PresenceMeta, State } from "../payload.ts";
import { groupByKey } from "./group-by-key.ts";

/** The joins and leaves of one topic, grouped by key. */
export interface TopicChange<M extends object> {
  readonly joins: State<M>;
  readonly leaves: State<M>;
}

/** The sum of several changes of a topic. A `phx_ref` that joined and left, or left and joined again, cancels out. */
export class NetDiff<M extends object> {
  readonly #joins = new Map<string, readonly [key: string, meta: PresenceMeta<M>]>();
  readonly #leaves = new Map<string, readonly [key: string, meta: PresenceMeta<M>]>();

  get isEmpty(): boolean {
    return this.#joins.size === 0 && this.#leaves.size === 0;
  }

  /** Adds the next change. */
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

  /** Returns a copy that the caller may change. */
  toChange(): { readonly joins: MutableState<M>; readonly leaves: MutableState<M> } {
    return { joins: groupByKey(this.#joins.values()), leaves: groupByKey(this.#leaves.values()) };
  }
}

function* entriesOf<M extends object>(state: State<M>): Generator<readonly [string, PresenceMeta<M>]> {
  for (const key of Object.keys(state)) {
    for (const meta of state[key]!.metas) yield [key, meta];
  }
}
