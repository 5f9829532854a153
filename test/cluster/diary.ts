import { setTimeout as pause } from "node:timers/promises";

/** What a node told, in order, and who it lists by that. */
export class Diary {
  readonly entries: Record<string, unknown>[] = [];
  readonly keys: Set<string> = new Set();

  readonly write = (entry: Record<string, unknown>): void => {
    this.entries.push(entry);
    for (const key of (entry["leaves"] as string[] | undefined) ?? []) this.keys.delete(key);
    for (const key of (entry["joins"] as string[] | undefined) ?? []) this.keys.add(key);
  };

  has(name: string, value?: unknown): boolean {
    return this.entries.some((entry) => name in entry && (value === undefined || entry[name] === value));
  }

  /** The deadline only ends what would never end. */
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
}
