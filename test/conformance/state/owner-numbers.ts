/**
 * The owner number that stands for each pid. One numbering for all replicas: where replicas share a pid, owners of
 * theirs share a number, which must not make them one.
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
