import { equal, ok } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { atMost, type Figure, median } from "../figure.ts";
import { heapBytes } from "../measure.ts";
import { sharesOf } from "../memory/kinds.ts";
import { readSnapshot } from "../memory/read-snapshot.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { ChurnCluster } from "./churn-cluster.ts";
import { slopeOf } from "./slope.ts";

const STANDING = 21_000;
const CHANGES_PER_SECOND = 3_000;
const TURN_MS = 20;
/** In each of these one node restarts, and the heap is looked at four times, always as long after that. */
const CYCLE_MS = 20_000;
const LOOKS_A_CYCLE = 4;
/** In which each node restarts once. */
const WARM_UP_CYCLES = 3;
const NODES = 3;
const LOG_LIMIT = 4_096;
/** Two numbers. */
const LEAST_OF_A_LEAVE = 16;
const PATIENCE_MS = 30_000;
/** Some periods in which nothing happens: what waits to be said, or to be said again, is let go of. */
const PEACE_MS = 5_000;

/** When the heap was looked at, in minutes, what it held after collections, and what CPU these took, in ms. */
interface Sample {
  readonly minute: number;
  readonly bytes: number;
  readonly lookMs: number;
}

/** Minutes of joins, leaves and updates in three nodes that restart in their turn: the heap stays where it is. */
export async function steadyHeap({ minutes }: Effort): Promise<Figure[]> {
  const cluster = new ChurnCluster(STANDING);
  await cluster.start();
  await play(cluster, WARM_UP_CYCLES);
  await fillLogs(cluster);
  const [changesBefore, startedAt, cpuBefore] = [cluster.changes, performance.now(), cpuMs()];
  // Thirds of as many whole cycles.
  const samples = await play(cluster, 3 * Math.max(1, Math.round((minutes * 60_000) / CYCLE_MS / 3)));
  const changes = cluster.changes - changesBefore;
  const rate = (changes / (performance.now() - startedAt)) * 1_000;
  const looks = samples.reduce((sum, { lookMs }) => sum + lookMs, 0);
  const cpu = ((cpuMs() - cpuBefore - looks) * 1_000) / changes / NODES;
  await fillLogs(cluster);
  await agree(cluster);
  const survivors = await survivorsOf();
  await cluster.stop();
  return [...figuresOf(samples, rate, cpu, cluster.restarts), ...survivors];
}

async function play(cluster: ChurnCluster, cycles: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  for (let cycle = 0; cycle < cycles; cycle++) {
    await cluster.restart();
    for (let look = 0; look < LOOKS_A_CYCLE; look++) {
      await stirFor(cluster, CYCLE_MS / LOOKS_A_CYCLE);
      const minute = (performance.now() - startedAt) / 60_000;
      const before = cpuMs();
      samples.push({ minute, bytes: heapBytes(), lookMs: cpuMs() - before });
    }
  }
  return samples;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** At a steady pace; a machine that stood still does not make up for it all at once. */
async function stirFor(cluster: ChurnCluster, ms: number): Promise<void> {
  const end = performance.now() + ms;
  for (let last = performance.now(); last < end; ) {
    await pause(TURN_MS);
    const now = performance.now();
    cluster.makeChanges(Math.ceil((CHANGES_PER_SECOND * Math.min(now - last, 1_000)) / 1_000));
    last = now;
  }
}

/** Until every node has heard more leaves of every other, and of itself, than a log keeps. */
async function fillLogs(cluster: ChurnCluster): Promise<void> {
  while (cluster.leastLeaves < LOG_LIMIT) await stirFor(cluster, 1_000);
}

async function agree(cluster: ChurnCluster): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!cluster.isAgreed()) {
    ok(performance.now() < deadline, `the nodes do not agree after ${PATIENCE_MS} ms of peace`);
    await pause(500);
  }
  await pause(PEACE_MS);
  ok(cluster.isAgreed());
}

/** What a snapshot of the heap still holds, which must be no more than there is. */
async function survivorsOf(): Promise<Figure[]> {
  const shares = sharesOf(await readSnapshot());
  equal(shares.entries.objects, NODES * STANDING);
  // A closure and the variables that it closes over.
  equal(shares["owners: listeners"].objects, 2 * STANDING);
  const figure = (work: string, bytes: number): Figure => ({ work, unit: "B", samples: [bytes] });
  const logs = shares["log of leaves"].bytes / (NODES * NODES * LOG_LIMIT);
  ok(logs >= LEAST_OF_A_LEAVE, `a leave takes ${logs} B of the log: it is not full`);
  return [
    figure("… at its end an entry for each who stands, on three nodes: all of them", shares.entries.bytes),
    figure("… and a listener for each owner who is here: all of them", shares["owners: listeners"].bytes),
    figure("… and full logs of leaves, of three nodes on three nodes, a leave", logs),
  ];
}

function figuresOf(samples: readonly Sample[], rate: number, cpu: number, restarts: number): Figure[] {
  const third = samples.length / 3;
  const bytesFrom = (from: number) => samples.slice(from, from + third).map(({ bytes }) => bytes);
  const [first, last] = [bytesFrom(0), bytesFrom(2 * third)];
  const growth = slopeOf(samples.map(({ minute, bytes }) => [minute, bytes]));
  return [
    {
      work: `churn, ${grouped(STANDING)} standing on three nodes, ${restarts} restarts: joins, leaves and updates`,
      unit: "/s",
      samples: [rate],
    },
    { work: "… CPU of a node, a change of any of the three", unit: "µs", samples: [cpu] },
    { work: "… heap in the first third of the time", unit: "B", samples: first },
    { work: "… heap in the last third", unit: "B", samples: last },
    { work: "… growth a minute, by least squares over all of it", unit: "B", samples: [growth] },
    {
      work: "… heap in the last third, to the first",
      unit: "×",
      samples: [median(last) / median(first)],
      target: atMost(1.02),
      floor: "last third to first",
    },
  ];
}
