/**
 * Chaos over a real broker: five processes in which visitors come and go, while the broker and the processes are killed,
 * stopped and paused at random. In rounds; after each there is peace, and every process must list exactly the truth.
 *
 * `npm run chaos -- --driver redis --minutes 10`, or `--seconds 20`; `--seed 7` makes the same choices again.
 */
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Dice } from "../../../src/testing/chaos/dice.ts";
import { type DriverName, drivers } from "../support/drivers.ts";
import { bundleNode } from "../support/node-process.ts";
import { isInstalled, recipes } from "../support/recipes.ts";
import { startServer } from "../support/server.ts";
import { Crowd } from "./crowd.ts";

const ROUND_MS = 6_000;
/** All of the bound, and what starting and reconnecting takes on a busy machine. */
const PEACE_MS = 40_000;

const { driver, durationMs, seed } = readOptions();
if (!isInstalled(drivers[driver].broker)) process.exit(0);
const dice = new Dice(seed);
const [server, program] = await Promise.all([startServer(recipes[drivers[driver].broker]), bundleNode()]);
const crowd = new Crowd(driver, server.port, program.path);
const done = new Map<string, number>();
let [ghosts, losses, longestMs] = [0, 0, 0];

try {
  await crowd.gather();
  const end = performance.now() + durationMs;
  while (performance.now() < end && ghosts + losses === 0) {
    const until = Math.min(end, performance.now() + ROUND_MS);
    await Promise.all([traffic(until), hurt(brokerFaults(), until), hurt(processFaults(), until)]);
    await agree();
  }
} finally {
  await crowd.scatter();
  await server.remove();
  program.remove();
}

const faults = [...done].map(([fault, times]) => `${fault} ${times}`).sort();
console.log(
  `${driver}, seed ${seed}: ${faults.join(", ")}; joins ${crowd.joins}, leaves ${crowd.leaves}; ` +
    `ghosts ${ghosts}, losses ${losses}; longest time to agree ${(longestMs / 1_000).toFixed(2)} s`,
);
if (ghosts + losses > 0) process.exitCode = 1;
if (done.size < 5 && durationMs >= 20_000)
  throw new Error("a kind of fault never struck: the run says too little");

async function traffic(until: number): Promise<void> {
  while (performance.now() < until) {
    crowd.stir(dice);
    await pause(dice.wait(15));
  }
}

/** One fault after another; the last is over when this resolves. */
async function hurt(faults: Readonly<Record<string, () => Promise<void>>>, until: number): Promise<void> {
  // Each kind in its turn, so that none is left out by chance.
  let order: string[] = [];
  for (;;) {
    if (order.length === 0)
      order = Object.keys(faults).sort((one, other) => (done.get(one) ?? 0) - (done.get(other) ?? 0));
    const fault = order.shift()!;
    done.set(fault, (done.get(fault) ?? 0) + 1);
    await faults[fault]!();
    if (performance.now() > until) return;
    await pause(dice.within(200, 1_200));
  }
}

function brokerFaults() {
  const down = () => pause(dice.within(0, 2_000));
  return {
    async "broker killed"() {
      await server.kill();
      await down();
      await server.start();
    },
    async "broker stopped"() {
      await server.stop();
      await down();
      await server.start();
    },
    async "broker paused"() {
      server.freeze();
      await pause(dice.within(100, 4_000));
      server.thaw();
    },
  };
}

function processFaults() {
  return {
    "process killed": () => crowd.killOne(dice),
    "process paused": () => crowd.freezeOne(dice, () => pause(dice.within(100, 5_000))),
  };
}

/** Waits until every process lists the truth, and counts what differs from it at the deadline. */
async function agree(): Promise<void> {
  const started = performance.now();
  const truth = crowd.truth();
  for (;;) {
    const lists = await crowd.lists();
    const elapsed = performance.now() - started;
    if (lists.every((list) => list.join() === truth.join())) {
      longestMs = Math.max(longestMs, elapsed);
      return;
    }
    if (elapsed > PEACE_MS) {
      ghosts += lists.flatMap((list) => list.filter((entry) => !truth.includes(entry))).length;
      losses += lists.flatMap((list) => truth.filter((entry) => !list.includes(entry))).length;
      console.error(
        `no agreement after ${PEACE_MS} ms: the truth is ${truth.length}, the lists ${lists.map(({ length }) => length)}`,
      );
      return;
    }
    await pause(50);
  }
}

function readOptions(): { driver: DriverName; durationMs: number; seed: number } {
  const { values } = parseArgs({
    options: {
      driver: { type: "string" },
      seconds: { type: "string" },
      minutes: { type: "string" },
      seed: { type: "string" },
    },
  });
  const driver = values.driver ?? "redis";
  if (!Object.hasOwn(drivers, driver)) {
    throw new Error(`--driver is ${driver}; it must be one of ${Object.keys(drivers).join(", ")}.`);
  }
  const seconds = Number(values.seconds ?? Number(values.minutes ?? 1) * 60);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
  if (!(seconds > 0) || !Number.isSafeInteger(seed))
    throw new Error("--seconds, --minutes and --seed are numbers.");
  return { driver: driver as DriverName, durationMs: seconds * 1_000, seed };
}
