import { setTimeout as pause } from "node:timers/promises";

/** The posted entries of a node, in order, and its keys according to their diffs: each as often as it joined and did not leave. */
export class NodeLog {
  readonly entries: Record<string, unknown>[] = [];
  readonly #counts = new Map<string, number>();

  readonly write = (entry: Record<string, unknown>): void => {
    this.entries.push(entry);
    for (const key of (entry["leaves"] as string[] | undefined) ?? []) this.#add(key, -1);
    for (const key of (entry["joins"] as string[] | undefined) ?? []) this.#add(key, 1);
  };

  get keys(): Set<string> {
    return new Set(this.#counts.keys());
  }

  /** The sorted keys, each as often as it is present. */
  list(): string[] {
    return [...this.#counts]
      .flatMap(([key, count]) => Array.from({ length: Math.abs(count) }, () => key))
      .sort();
  }

  has(name: string, value?: unknown): boolean {
    return this.entries.some((entry) => name in entry && (value === undefined || entry[name] === value));
  }

  /** Waits until `holds` is true. The deadline only ends a test that would hang. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (!holds()) {
      if (performance.now() > deadline)
        throw new Error(`waited for ${what}; heard ${JSON.stringify(this.entries)}`);
      await pause(10);
    }
  }

  lists(...keys: string[]): Promise<void> {
    return this.until(
      () => [...this.keys].sort().join() === keys.sort().join(),
      `the list ${keys}, not ${[...this.keys]}`,
    );
  }

  #add(key: string, change: number): void {
    const count = (this.#counts.get(key) ?? 0) + change;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
