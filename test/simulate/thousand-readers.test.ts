import { expect, it } from "vitest";
import { printFigures } from "../support/number-over-time.ts";
import { SimulatedReaders } from "../support/simulated-readers.ts";

const TEN_CITIES = "tokyo paris osaka lima oslo cairo quito delhi lagos turin".split(" ");

it("shows 1 000 readers who each reload every ten seconds as 995 to 1 010 on each of ten nodes at every moment", async () => {
  const readers = new SimulatedReaders({ nodes: TEN_CITIES, readers: 1_000, seed: 1 });
  await readers.openAll();
  readers.measure({ below: 5, above: 10 });
  readers.reload(10_000);
  await readers.run(60_000);
  const figures = readers.figures();
  printFigures("1 000 readers who reload on 10 nodes", figures);
  expect(figures.wrongMs).toBe(0);
  expect(Math.abs(figures.mean - 1_000)).toBeLessThan(2);
});
