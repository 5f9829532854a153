import { copyJson } from "./json-copy.ts";
import type { BaseEntry } from "./presence-state.ts";
import { withMetas } from "./sync-diff.ts";

type MetaOf<E extends BaseEntry> = E["metas"][number];

/**
 * The entry of one key. It keeps copies, because other listeners may modify the message. It stores metas by the refs
 * that they arrived with, so a reader that modifies a meta does no harm. Nearly every key has a single meta and no other
 * members. Such an entry is stored without a map and without the entry itself: that makes a first state twice as fast.
 */
export class IndexedEntry<E extends BaseEntry> {
  /** The members that a projection added to the latest entry, with metas in their place. */
  #others: E | undefined;
  #ref: string | undefined;
  #meta: MetaOf<E> | undefined;
  #metas: Map<string, MetaOf<E>> | undefined;
  #snapshot: E | undefined;

  constructor(entry: E) {
    this.join(entry);
  }

  get size(): number {
    return this.#metas ? this.#metas.size : this.#ref === undefined ? 0 : 1;
  }

  /** The entry for readers: the same object until it changes. */
  get snapshot(): E {
    this.#snapshot ??= this.withOnly(this.refs());
    return this.#snapshot;
  }

  /** Whether both entries have one meta with the same ref. A fast path for nearly every key of a repeated state. */
  hasOnlyMetaOf({ metas }: E): boolean {
    return !this.#metas && metas.length === 1 && metas[0]!.phx_ref === this.#ref;
  }

  has(ref: string): boolean {
    return this.#metas ? this.#metas.has(ref) : this.#ref === ref;
  }

  refs(): string[] {
    return this.#metas ? [...this.#metas.keys()] : this.#ref === undefined ? [] : [this.#ref];
  }

  /** A copy of the entry with the metas of these refs only. */
  withOnly(refs: readonly string[]): E {
    const metas = refs.map((ref) => this.#get(ref)!);
    return this.#others ? withMetas(this.#others, metas) : ({ metas } as BaseEntry as E);
  }

  join(entry: E): void {
    this.#others = hasOnlyMetas(entry) ? undefined : copyJson(withMetas(entry, []));
    this.#snapshot = undefined;
    for (const theirs of entry.metas) {
      const ref = theirs.phx_ref;
      const meta = copyJson(theirs);
      if (!this.#metas && (this.#ref === undefined || this.#ref === ref)) {
        this.#ref = ref;
        this.#meta = meta;
        continue;
      }
      this.#metas ??= new Map([[this.#ref!, this.#meta!]]);
      // Deleted first, so that the meta moves to the end.
      this.#metas.delete(ref);
      this.#metas.set(ref, meta);
    }
  }

  /** Returns whether the ref was present. */
  leave(ref: string): boolean {
    if (!this.has(ref)) return false;
    if (this.#metas) this.#metas.delete(ref);
    else this.#ref = this.#meta = undefined;
    this.#snapshot = undefined;
    return true;
  }

  #get(ref: string): MetaOf<E> | undefined {
    return this.#metas ? this.#metas.get(ref) : this.#meta;
  }
}

function hasOnlyMetas(entry: BaseEntry): boolean {
  for (const name in entry) if (name !== "metas") return false;
  return true;
}
