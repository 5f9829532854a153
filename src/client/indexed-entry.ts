import type { BaseEntry } from "./presence-state.ts";
import { withMetas } from "./sync-diff.ts";

type MetaOf<E extends BaseEntry> = E["metas"][number];

/**
 * One key of a client. Its metas stand under the refs they came with: what a reader does to a meta changes nothing here.
 * Nearly every key has one meta, which needs no map: that makes a first state twice as fast.
 */
export class IndexedEntry<E extends BaseEntry> {
  /** What came last: all of the entry but its metas. */
  #entry: E;
  #ref: string | undefined;
  #meta: MetaOf<E> | undefined;
  #metas: Map<string, MetaOf<E>> | undefined;
  #plain: E | undefined;

  constructor(entry: E) {
    this.#entry = entry;
    this.join(entry);
  }

  get size(): number {
    return this.#metas ? this.#metas.size : this.#ref === undefined ? 0 : 1;
  }

  /** As readers get it: the same object until it changes. */
  get snapshot(): E {
    this.#plain ??= this.withOnly(this.refs());
    return this.#plain;
  }

  /** Whether both have one meta, of the same ref: the quick answer, for nearly every key of a state that comes once more. */
  hasOnlyMetaOf({ metas }: E): boolean {
    return !this.#metas && metas.length === 1 && metas[0]!.phx_ref === this.#ref;
  }

  has(ref: string): boolean {
    return this.#metas ? this.#metas.has(ref) : this.#ref === ref;
  }

  refs(): string[] {
    return this.#metas ? [...this.#metas.keys()] : this.#ref === undefined ? [] : [this.#ref];
  }

  /** The entry with these metas only. */
  withOnly(refs: readonly string[]): E {
    return withMetas(
      this.#entry,
      refs.map((ref) => this.#get(ref)!),
    );
  }

  join(entry: E): void {
    this.#entry = entry;
    this.#plain = undefined;
    for (const meta of entry.metas) {
      const ref = meta.phx_ref;
      if (!this.#metas && (this.#ref === undefined || this.#ref === ref)) {
        this.#ref = ref;
        this.#meta = meta;
        continue;
      }
      this.#metas ??= new Map([[this.#ref!, this.#meta!]]);
      // Deleted first, so that it comes to stand last.
      this.#metas.delete(ref);
      this.#metas.set(ref, meta);
    }
  }

  /** Returns whether it was there. */
  leave(ref: string): boolean {
    if (!this.has(ref)) return false;
    if (this.#metas) this.#metas.delete(ref);
    else this.#ref = this.#meta = undefined;
    this.#plain = undefined;
    return true;
  }

  #get(ref: string): MetaOf<E> | undefined {
    return this.#metas ? this.#metas.get(ref) : this.#meta;
  }
}
