import { ok } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { atMost, type Figure, median } from "../figure.ts";
import { heapBytes } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { ChurnCluster } from "./churn-cluster.ts";

const PRESENCES = 21_000;
const CHANGES_PER_SECOND = 3_000;
const TURN_MS = 20;
/** Each cycle restarts one node. The heap is measured at the same moments of every cycle. */
const CYCLE_MS = 20_000;
const SAMPLES_PER_CYCLE = 4;
/** Each node restarts once. */
const WARM_UP_CYCLES = 3;
const NODES = 3;
/** The default `logLimit` of a set. */
const LOG_LIMIT = 4_096;
const AGREEMENT_TIMEOUT_MS = 30_000;
/** Several periods without changes, in which the nodes finish pending messages and repairs. */
const QUIET_MS = 5_000;

interface Sample {
  readonly minute: number;
  /** Heap in use after garbage collection. */
  readonly bytes: number;
  /** CPU time of that garbage collection. */
  readonly gcMs: number;
}

/** The heap stays level through minutes of joins, leaves and updates on three nodes that restart in turn. */
export async function steadyHeap({ minutes }: Effort): Promise<Figure[]> {
  const cluster = new ChurnCluster(PRESENCES);
  await cluster.start();
  await runCycles(cluster, WARM_UP_CYCLES);
  await fillLogs(cluster);
  const [changesBefore, startedAt, cpuBefore] = [cluster.changes, performance.now(), cpuMs()];
  // A multiple of three, because the figures compare thirds.
  const cycles = 3 * Math.max(1, Math.round((minutes * 60_000) / CYCLE_MS / 3));
  const samples = await runCycles(cluster, cycles);
  const changes = cluster.changes - changesBefore;
  const rate = (changes / (performance.now() - startedAt)) * 1_000;
  const gc = samples.reduce((sum, { gcMs }) => sum + gcMs, 0);
  const cpu = ((cpuMs() - cpuBefore - gc) * 1_000) / changes / NODES;
  await assertAgreement(cluster);
  await cluster.stop();
  return figuresOf(samples, rate, cpu, cluster.restarts);
}

async function runCycles(cluster: ChurnCluster, cycles: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  for (let cycle = 0; cycle < cycles; cycle++) {
    await cluster.restart();
    for (let sample = 0; sample < SAMPLES_PER_CYCLE; sample++) {
      await makeChangesFor(cluster, CYCLE_MS / SAMPLES_PER_CYCLE);
      const minute = (performance.now() - startedAt) / 60_000;
      const before = cpuMs();
      samples.push({ minute, bytes: heapBytes(), gcMs: cpuMs() - before });
    }
  }
  return samples;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Makes changes at a steady pace. After a stall of the machine it makes up for one second at most. */
async function makeChangesFor(cluster: ChurnCluster, ms: number): Promise<void> {
  const end = performance.now() + ms;
  for (let last = performance.now(); last < end; ) {
    await pause(TURN_MS);
    const now = performance.now();
    cluster.makeChanges(Math.ceil((CHANGES_PER_SECOND * Math.min(now - last, 1_000)) / 1_000));
    last = now;
  }
}

/** Runs until every node has made more leaves than a log of leaves keeps, so that all logs are full. */
async function fillLogs(cluster: ChurnCluster): Promise<void> {
  while (cluster.fewestLeaves < LOG_LIMIT) await makeChangesFor(cluster, 1_000);
}

async function assertAgreement(cluster: ChurnCluster): Promise<void> {
  const deadline = performance.now() + AGREEMENT_TIMEOUT_MS;
  while (!cluster.isAgreed()) {
    ok(
      performance.now() < deadline,
      `the nodes do not agree after ${AGREEMENT_TIMEOUT_MS} ms without changes`,
    );
    await pause(500);
  }
  await pause(QUIET_MS);
  ok(cluster.isAgreed(), "the nodes no longer agree");
}

function figuresOf(samples: readonly Sample[], rate: number, cpu: number, restarts: number): Figure[] {
  const third = samples.length / 3;
  const bytesFrom = (from: number) => samples.slice(from, from + third).map(({ bytes }) => bytes);
  const [first, last] = [bytesFrom(0), bytesFrom(2 * third)];
  const growth = slopeOf(samples.map(({ minute, bytes }) => [minute, bytes]));
  return [
    {
      work: `joins, leaves and updates of ${grouped(PRESENCES)} presences on three nodes, ${restarts} restarts`,
      unit: "/s",
      samples: [rate],
    },
    { work: "… CPU of one node per change", unit: "µs", samples: [cpu] },
    { work: "… heap in the first third of the time", unit: "B", samples: first },
    { work: "… heap in the last third", unit: "B", samples: last },
    { work: "… growth per minute, by least squares", unit: "B", samples: [growth] },
    {
      work: "… heap in the last third, relative to the first",
      unit: "×",
      samples: [median(last) / median(first)],
      target: atMost(1.02),
      floor: "last third to first",
    },
  ];
}

/** The slope of the least-squares line through the points. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanOf = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [meanX, meanY] = [meanOf(0), meanOf(1)];
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
