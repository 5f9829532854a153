/** Pairs each of our refs with one ref of the trace, which is its label. */
export class RefLabels {
  readonly #labels = new Map<string, string>();
  readonly #refs = new Map<string, string>();
  /** All pairs in order, for `undo`. */
  readonly #bound: (readonly [ref: string, label: string])[] = [];

  /** Pairs a ref with a label. Returns false if either is already paired with another. */
  bind(ref: string, label: string): boolean {
    const [knownLabel, knownRef] = [this.#labels.get(ref), this.#refs.get(label)];
    if (knownLabel !== undefined || knownRef !== undefined) return knownLabel === label;
    this.#labels.set(ref, label);
    this.#refs.set(label, ref);
    this.#bound.push([ref, label]);
    return true;
  }

  labelOf(ref: string): string | undefined {
    return this.#labels.get(ref);
  }

  /** The present state, to which `undo` can return. */
  get mark(): number {
    return this.#bound.length;
  }

  /** Removes all pairs that were added since this mark. */
  undo(mark: number): void {
    for (const [ref, label] of this.#bound.splice(mark)) {
      this.#labels.delete(ref);
      this.#refs.delete(label);
    }
  }
}
