import { describe, expect, it } from "vitest";
import { type NumberFigures, printFigures } from "../support/number-over-time.ts";
import { SimulatedReaders, type Tolerance } from "../support/simulated-readers.ts";

const FIVE_CITIES = ["tokyo", "paris", "osaka", "lima", "oslo"];
const LEAVE_DELAY_MS = 5_000;
const PERIOD_MS = 1_500;
const INTERVAL_MS = 3 * PERIOD_MS;
const DOWN_MS = 20 * PERIOD_MS;
/** When a fault is over, all nodes know everything again after this time. */
const REPAIRED_MS = INTERVAL_MS + 2 * PERIOD_MS;
const GOOD = { lossRate: 0, duplicateRate: 0, delayMs: [1, 5], keepsOrder: true } as const;

/** How often each reader reloads on average, and for how long it is away, in ms. */
const RELOADS = [8_000, [200, 2_000]] as const;

/**
 * Readers who stay away for a second or two, so that many presences wait at any time. A presence that is freed wrongly is then
 * missing for as long as they reload.
 */
async function reloadingReaders(seed: number, readers = 200): Promise<SimulatedReaders> {
  const cluster = new SimulatedReaders({ nodes: FIVE_CITIES, readers, seed, leaveDelayMs: LEAVE_DELAY_MS });
  await cluster.openAll();
  cluster.reload(...RELOADS);
  await cluster.run(5_000);
  return cluster;
}

/** The figures of the next three seconds. */
async function figuresWithin(readers: SimulatedReaders, tolerance: Tolerance): Promise<NumberFigures> {
  readers.measure(tolerance);
  await readers.run(3_000);
  return readers.figures();
}

/**
 * Waits until a fault is repaired. From then on no presence may be missing, and none too many but those of readers who left
 * within the leave delay. Then nobody opens a page for as long as the delay, so every error upwards must be gone.
 */
async function expectRepaired(readers: SimulatedReaders, what: string): Promise<void> {
  await readers.run(REPAIRED_MS);
  const figures = await figuresWithin(readers, { below: 0, above: "just left" });
  printFigures(`${what}, once repaired`, figures);
  expect(figures.longestWrongMs).toBeLessThanOrEqual(readers.messageMs);
  await expectExactWithoutReloads(readers);
  readers.reload(...RELOADS);
  await readers.run(5_000);
}

/** When nobody reloads any more, each node shows exactly the open pages after the leave delay. */
async function expectExactWithoutReloads(readers: SimulatedReaders): Promise<void> {
  readers.stopReloading();
  await readers.run(RELOADS[1][1] + LEAVE_DELAY_MS + 100);
  expect(readers.wrongKeys()).toEqual([]);
}

describe("readers under one key who reload", () => {
  for (const seed of [1, 2, 3]) {
    it(`are none fewer after messages were lost, repeated and reordered, however often (seed ${seed})`, async () => {
      const readers = await reloadingReaders(seed);
      for (let round = 1; round <= 4; round++) {
        readers.simulation.setConditions({
          ...{ lossRate: 0.15, duplicateRate: 0.2, delayMs: [0, 300], keepsOrder: false },
        });
        await readers.run(15_000);
        readers.simulation.setConditions(GOOD);
        await expectRepaired(readers, `round ${round} of lost messages`);
      }
      await expectExactWithoutReloads(readers);
    });
  }

  it("are none fewer while each node is isolated in turn for less or more than downPeriodMs", async () => {
    const readers = await reloadingReaders(4);
    for (const [at, node] of readers.nodes.entries()) {
      readers.simulation.isolate(node.name);
      await readers.run(at % 2 === 0 ? DOWN_MS / 3 : DOWN_MS + 2 * INTERVAL_MS);
      readers.simulation.heal();
      await expectRepaired(readers, `after the isolation of ${node.name}`);
    }
    await expectExactWithoutReloads(readers);
  });

  it("are none fewer after each node hears nothing for a while, or is not heard", async () => {
    const readers = await reloadingReaders(5);
    for (const [at, node] of readers.nodes.entries()) {
      for (const other of readers.nodes) {
        if (other === node) continue;
        if (at % 2 === 0) readers.simulation.cut(other.name, node.name);
        else readers.simulation.cut(node.name, other.name);
      }
      await readers.run(DOWN_MS / 3);
      readers.simulation.heal();
      await expectRepaired(readers, `after ${node.name} was cut off in one direction`);
    }
    await expectExactWithoutReloads(readers);
  });

  it("are shown with the presences of a killed process until it is down, and never as fewer than have a page open", async () => {
    const readers = await reloadingReaders(6);
    for (let kill = 1; kill <= 4; kill++) {
      const [node] = readers.nodes;
      readers.measure({ below: "open pages", above: "just left" });
      const restart = readers.kill(node!);
      await readers.run(DOWN_MS + 2 * PERIOD_MS);
      const figures = readers.figures();
      printFigures(`kill ${kill}`, figures);
      expect(figures.longestWrongMs).toBeLessThanOrEqual(readers.messageMs);
      await readers.startNode(restart);
    }
    await expectExactWithoutReloads(readers);
  });

  it("are right again leaveDelayMs after a killed process is back under its name", async () => {
    const readers = await reloadingReaders(7);
    for (let kill = 1; kill <= 4; kill++) {
      const [node] = readers.nodes;
      const restart = readers.kill(node!);
      await readers.run(1_000);
      await readers.startNode(restart);
      await readers.run(LEAVE_DELAY_MS);
      const figures = await figuresWithin(readers, { below: 2, above: "just left" });
      printFigures(`restart ${kill}`, figures);
      expect(figures.longestWrongMs).toBeLessThanOrEqual(readers.messageMs);
    }
    await expectExactWithoutReloads(readers);
  });

  it("are none fewer when a second process starts under the name of a running one", async () => {
    const readers = await reloadingReaders(8);
    for (const node of readers.nodes) {
      readers.measure({ below: 0, above: "just left" });
      readers.allowGhosts(readers.readersAt(node), 2 * INTERVAL_MS + LEAVE_DELAY_MS);
      await readers.startNode(() => readers.simulation.start(`twin of ${node.name}`, node.name));
      await readers.run(2 * INTERVAL_MS + LEAVE_DELAY_MS);
      const figures = readers.figures();
      printFigures(`twin of ${node.name}`, figures);
      expect(figures.longestWrongMs).toBeLessThanOrEqual(readers.messageMs);
    }
    await expectExactWithoutReloads(readers);
  });
});
