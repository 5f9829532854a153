import type { SeedReport } from "./chaos/simulate-seed.ts";
import type { ReplicateMode } from "./simulate-options.ts";

/** With this many seeds a run must contain each fault often enough, or it proves little. */
const MIN_SEEDS_FOR_FAULT_COUNTS = 2_000;
const MIN_COUNT_OF_EACH_FAULT = 100;

/** The results of many seeds. */
export class SeedsSummary {
  readonly #replicate: ReplicateMode;
  passed = 0;
  readonly failures: { readonly seed: number; readonly brokenPromise: string }[] = [];
  #virtualMs = 0;
  #deliveries = 0;
  #joins = 0;
  #earlyLeaves = 0;
  readonly #faults = new Map<string, number>();

  constructor(replicate: ReplicateMode = "presences") {
    this.#replicate = replicate;
  }

  add(report: Omit<SeedReport, "log">): void {
    const { seed, brokenPromise, virtualMs, deliveries, joins, earlyLeaves, faults } = report;
    if (brokenPromise === undefined) this.passed++;
    else this.failures.push({ seed, brokenPromise });
    this.#earlyLeaves += earlyLeaves;
    this.#virtualMs += virtualMs;
    this.#deliveries += deliveries;
    this.#joins += joins;
    for (const [name, count] of Object.entries(faults)) {
      this.#faults.set(name, (this.#faults.get(name) ?? 0) + count);
    }
  }

  get seeds(): number {
    return this.passed + this.failures.length;
  }

  /** The faults that occurred too rarely for this number of seeds. */
  get rareFaults(): string[] {
    if (this.seeds < MIN_SEEDS_FOR_FAULT_COUNTS) return [];
    return [...this.#faults].filter(([, count]) => count < MIN_COUNT_OF_EACH_FAULT).map(([name]) => name);
  }

  /** The summary as text, one line each. The last line has the number of passed and failed seeds. */
  lines(elapsedMs: number, workers: number): string[] {
    const failures = this.failures
      .sort((one, other) => one.seed - other.seed)
      .flatMap(({ seed, brokenPromise }) => [
        `Seed ${seed}: ${brokenPromise}`,
        `  npm run simulate -- --seed ${seed}${this.#replicate === "counts" ? " --replicate counts" : ""}`,
      ]);
    const faults = [...this.#faults].map(([name, count]) => `${numberText(count).padStart(14)}  ${name}`);
    const perSeedMs = elapsedMs / this.seeds;
    const rare = this.rareFaults.map((name) => `Fewer than ${MIN_COUNT_OF_EACH_FAULT} times: ${name}`);
    return [
      ...failures,
      ...faults,
      "",
      `${numberText(this.#deliveries).padStart(14)}  deliveries`,
      `${numberText(this.#joins).padStart(14)}  joins`,
      `${numberText(this.#earlyLeaves).padStart(14)}  early leaves`,
      `${numberText(Math.round(this.#virtualMs / 60_000)).padStart(14)}  virtual minutes`,
      `${perSeedMs.toFixed(1).padStart(14)}  ms per seed; ${(perSeedMs * workers).toFixed(1)} ms in each of ${workers} processes`,
      `${(elapsedMs / 1_000).toFixed(1).padStart(14)}  s in all`,
      "",
      ...rare,
      `${this.passed} passed, ${this.failures.length} failed`,
    ];
  }
}

function numberText(count: number): string {
  return count.toLocaleString("en").replaceAll(",", " ");
}
