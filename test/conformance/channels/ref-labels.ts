/** Which ref of ours is which of the trace: one for one. */
export class RefLabels {
  readonly #labels = new Map<string, string>();
  readonly #refs = new Map<string, string>();
  /** In order, for `undo`. */
  readonly #bound: (readonly [ref: string, label: string])[] = [];

  /** Takes `ref` for what the trace calls `label`, unless either is taken for another. */
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

  /** What `undo` goes back to. */
  get mark(): number {
    return this.#bound.length;
  }

  undo(mark: number): void {
    for (const [ref, label] of this.#bound.splice(mark)) {
      this.#labels.delete(ref);
      this.#refs.delete(label);
    }
  }
}
