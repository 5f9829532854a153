/**
 * Maps each pid of a trace to an owner number. All replicas share the numbering, so owners of two replicas may have the
 * same number. The sets must still keep such owners apart.
 */
export class OwnerNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #pids: string[] = [];

  numberOf(pid: string): number {
    const known = this.#numbers.get(pid);
    if (known !== undefined) return known;
    const number = this.#pids.push(pid) - 1;
    this.#numbers.set(pid, number);
    return number;
  }

  pidOf(number: number): string {
    return this.#pids[number] ?? `owner ${number}`;
  }
}
