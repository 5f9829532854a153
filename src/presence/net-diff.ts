import type { MutableState, PresenceMeta, State } from "../payload.ts";
import { groupByKey } from "./group-by-key.ts";
import type { NetChange, TopicChange } from "./net-change.ts";

/** A sum of changes in presences. A `phx_ref` that joined and left, or left and joined again, cancels out. */
export class NetDiff<M extends object> implements NetChange<MutableState<M>> {
  readonly #joins = new Map<string, readonly [key: string, meta: PresenceMeta<M>]>();
  readonly #leaves = new Map<string, readonly [key: string, meta: PresenceMeta<M>]>();

  get isEmpty(): boolean {
    return this.size === 0;
  }

  get size(): number {
    return this.#joins.size + this.#leaves.size;
  }

  add({ joins, leaves }: TopicChange<State<M>>): void {
    for (const entry of entriesOf(leaves)) {
      const ref = entry[1].phx_ref;
      if (!this.#joins.delete(ref)) this.#leaves.set(ref, entry);
    }
    for (const entry of entriesOf(joins)) {
      const ref = entry[1].phx_ref;
      if (!this.#leaves.delete(ref)) this.#joins.set(ref, entry);
    }
  }

  toChange(): TopicChange<MutableState<M>> {
    return { joins: groupByKey(this.#joins.values()), leaves: groupByKey(this.#leaves.values()) };
  }
}

function* entriesOf<M extends object>(state: State<M>): Generator<readonly [string, PresenceMeta<M>]> {
  for (const key of Object.keys(state)) {
    for (const meta of state[key]!.metas) yield [key, meta];
  }
}
