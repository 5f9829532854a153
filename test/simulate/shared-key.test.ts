import { describe, expect, it } from "vitest";
import { printFigures } from "../support/number-over-time.ts";
import { SimulatedReaders } from "../support/simulated-readers.ts";

const FIVE_CITIES = ["tokyo", "paris", "osaka", "lima", "oslo"];
const TEN_CITIES = [...FIVE_CITIES, "cairo", "quito", "delhi", "lagos", "turin"];
/** A safety limit for a busy machine. */
const LONG_MS = 400_000;

it(
  "shows 1 000 readers who each reload every ten seconds as 995 to 1 010 on each of ten nodes at every moment",
  async () => {
    const readers = new SimulatedReaders({ nodes: TEN_CITIES, readers: 1_000, seed: 1 });
    await readers.openAll();
    readers.measure({ below: 5, above: 10 });
    readers.reload(10_000);
    await readers.run(30_000);
    const figures = readers.figures();
    printFigures("1 000 readers who reload on 10 nodes", figures);
    expect(figures.wrongMs).toBe(0);
    expect(Math.abs(figures.mean - 1_000)).toBeLessThan(2);
  },
  LONG_MS,
);

describe("a rolling deploy of five processes", () => {
  for (const [names, awayMs] of [
    ["fresh", [0, 300]],
    ["stable", [0, 300]],
    ["fresh", [200, 2_000]],
  ] as const) {
    it(
      `with ${names} names shows 1 000 readers of one key within one percent, up to the time of a message, when they are away for ${awayMs.join(" to ")} ms`,
      async () => {
        const readers = new SimulatedReaders({ nodes: FIVE_CITIES, readers: 1_000, seed: 2 });
        await readers.openAll();
        readers.reload(30_000, awayMs);
        await readers.run(5_000);
        readers.measure({ below: 10, above: 10 });
        await readers.deploy(names);
        const figures = readers.figures();
        printFigures(`1 000 readers through a deploy with ${names} names, away for ${awayMs} ms`, figures);
        expect(figures.longestWrongMs).toBeLessThanOrEqual(readers.messageMs);
        expect(Math.abs(figures.mean - 1_000)).toBeLessThan(2);
        readers.stopReloading();
        await readers.run(8_000);
        expect(readers.wrongKeys()).toEqual([]);
      },
      LONG_MS,
    );
  }
});
