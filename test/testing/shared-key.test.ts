import { describe, expect, it } from "vitest";
import { simulate } from "../../src/testing/index.ts";
import { printFigures } from "../support/number-over-time.ts";
import { SimulatedReaders } from "../support/simulated-readers.ts";

const FIVE_CITIES = ["tokyo", "paris", "osaka", "lima", "oslo"];
const TEN_CITIES = [...FIVE_CITIES, "cairo", "quito", "delhi", "lagos", "turin"];

describe("readers under one key who reload", () => {
  it("free one waiting presence for each that is back on another node", () => {
    const cluster = simulate(TEN_CITIES, { leaveDelayMs: 5_000 });
    const nodes = TEN_CITIES.map((name) => cluster.node(name));
    cluster.advance(1_000);
    for (const node of nodes) node.track("page", "article", "readers");
    cluster.advance(1_000);
    for (const node of nodes.slice(1)) node.end("page");
    cluster.advance(100);
    nodes[0]!.track("next page", "article", "readers");
    cluster.advance(100);
    expect(nodes.map((node) => node.count("article", "readers"))).toEqual(nodes.map(() => 10));
  });

  it("free another waiting presence if two claim the last one of a process that has closed", () => {
    const { tokyo, paris, osaka, lima, advance } = simulate(["tokyo", "paris", "osaka", "lima"], {
      leaveDelayMs: 20_000,
    });
    advance(1_000);
    for (const node of [paris, lima]) node.track("page", "article", "readers");
    advance(1_000);
    paris.end("page");
    lima.close();
    advance(100);
    // Neither node has heard of the other's reader yet.
    for (const node of [tokyo, osaka]) node.track("page", "article", "readers");
    advance(200);
    expect([tokyo, paris, osaka].map((node) => node.count("article", "readers"))).toEqual([2, 2, 2]);
  });

  it("free the same presence of a closed process on a node that missed the claim at first", () => {
    const { tokyo, paris, osaka, advance, cut, heal } = simulate(["tokyo", "paris", "osaka"], {
      leaveDelayMs: 20_000,
    });
    advance(1_000);
    for (const page of ["page", "other page"]) paris.track(page, "article", "readers");
    advance(1_000);
    paris.close();
    advance(100);
    cut("osaka", "tokyo");
    osaka.track("next page", "article", "readers");
    advance(100);
    heal("osaka", "tokyo");
    // Heartbeats repeat the claim more than once.
    advance(12_000);
    expect([tokyo, osaka].map((node) => node.count("article", "readers"))).toEqual([2, 2]);
  });

  it("are never shown as fewer on any of ten nodes, and as five more at most, up to the time of a message", async () => {
    const readers = new SimulatedReaders({ nodes: TEN_CITIES, readers: 100, seed: 1 });
    await readers.openAll();
    readers.measure({ below: 0, above: 5 });
    readers.reload(10_000);
    await readers.run(60_000);
    const figures = readers.figures();
    printFigures("100 readers who reload on 10 nodes", figures);
    expect(figures.longestWrongMs).toBeLessThanOrEqual(readers.messageMs);
    expect(Math.abs(figures.mean - 100)).toBeLessThan(0.3);
  });
});

describe("a rolling deploy of five processes", () => {
  for (const names of ["fresh", "stable"] as const) {
    it(`with ${names} names never shows a user as absent, and each in the end with all tabs`, async () => {
      const readers = new SimulatedReaders({
        nodes: FIVE_CITIES,
        readers: 400,
        seed: 3,
        // Half of the users have one tab, the others have three.
        keyOf: (reader) => `user ${reader < 100 ? reader : 100 + (reader % 100)}`,
      });
      await readers.openAll();
      readers.measure({ below: 0, above: 5 });
      readers.reload(20_000);
      await readers.deploy(names);
      const figures = readers.figures();
      printFigures(`400 tabs of 200 users through a deploy with ${names} names`, figures);
      expect(readers.absences).toEqual([]);
      expect(figures.longestWrongMs).toBeLessThanOrEqual(readers.messageMs);
      readers.stopReloading();
      await readers.run(6_000);
      expect(readers.wrongKeys()).toEqual([]);
    });
  }
});
