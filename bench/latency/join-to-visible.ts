import { equal } from "node:assert/strict";
import { atMost, type Figure, ratios } from "../figure.ts";
import type { Effort, Subject } from "../subject.ts";
import type { LatencyNodeProcess } from "./latency-node-process.ts";
import type { TransportName } from "./transports.ts";
import { withNodes } from "./with-nodes.ts";

/** One join every 50 ms: the latency on a quiet page. */
const IDLE = { what: "idle", count: 100, everyMs: 50 };
/** 1 000 joins a second, for three seconds. */
const LOAD = { what: "1 000 joins/s", count: 3_000, everyMs: 1 };
/** The longest time that a join waits in the node: the default `flushDelayMs`, plus as much jitter. */
const MAX_FLUSH_DELAY_MS = 20;
/** The time from the join of a presence to its leave. */
const STAY_MS = 200;

/** Delays in ms, ascending: of joins from `track` to the diff, and of the same messages through the bare client. */
interface Round {
  readonly tracked: readonly number[];
  readonly bare: readonly number[];
}

type Pace = typeof IDLE;

/** Two nodes on one broker. */
type Pair = readonly LatencyNodeProcess[];

interface Rounds {
  readonly idle: Round[];
  readonly load: Round[];
}

/** Presences join in one process and become visible in another. */
export function joinToVisible(transport: TransportName, targetMs?: number): Subject {
  return ({ runs }: Effort) =>
    withNodes(transport, 2, async (pair) => {
      const [rounds] = (await runRounds([pair], runs)) as [Rounds];
      return figuresOf(transport, rounds, { targetMs, floor: "p99 under load" });
    });
}

/** Presences join in one process and become visible in another as a number. Nodes that replicate presences take turns. */
export function joinToNumber(transport: TransportName, targetMs: number): Subject {
  return ({ runs }: Effort) =>
    withNodes(transport, 2, (presences) => {
      const measure = async (counts: Pair): Promise<Figure[]> => {
        const [ofPresences, ofCounts] = (await runRounds([presences, counts], runs)) as [Rounds, Rounds];
        return [
          ...figuresOf(`${transport}, presences`, ofPresences, { targetMs }),
          ...figuresOf(`${transport}, counts`, ofCounts, { targetMs, floor: "p99 under load" }),
          {
            work: "… our p99, relative to that of presences",
            unit: "×",
            samples: ratios(
              quantiles(ofCounts.load, "tracked", 0.99),
              quantiles(ofPresences.load, "tracked", 0.99),
            ),
          },
        ];
      };
      return withNodes(transport, 2, measure, "counts");
    });
}

/** Runs rounds with each pair of nodes in turn. */
async function runRounds(pairs: readonly Pair[], runs: number): Promise<Rounds[]> {
  const all = pairs.map((): Rounds => ({ idle: [], load: [] }));
  for (let run = 0; run <= runs; run++) {
    for (const [at, [tokyo, paris]] of pairs.entries()) {
      const idle = await runRound(tokyo!, paris!, IDLE);
      const load = await runRound(tokyo!, paris!, LOAD);
      // The first round warms up.
      if (run === 0) continue;
      all[at]!.idle.push(idle);
      all[at]!.load.push(load);
    }
  }
  return all;
}

async function runRound(
  tokyo: LatencyNodeProcess,
  paris: LatencyNodeProcess,
  { count, everyMs }: Pace,
): Promise<Round> {
  const joined = await tokyo.ask({ ask: "join", count, everyMs, stayMs: STAY_MS });
  const tracked = await paris.ask({ ask: "delays", count: joined });
  equal(tracked.length, joined);
  const sent = await tokyo.ask({ ask: "replay" });
  const bare = await paris.ask({ ask: "delays", count: sent });
  equal(bare.length, sent);
  return { tracked: ascending(tracked), bare: ascending(bare) };
}

interface Limits {
  readonly targetMs: number | undefined;
  readonly floor?: string;
}

function figuresOf(name: string, { idle, load }: Rounds, { targetMs, floor }: Limits): Figure[] {
  const tracked = quantiles(load, "tracked", 0.99);
  const limits = quantiles(load, "bare", 0.99).map((ms) => ms + MAX_FLUSH_DELAY_MS);
  return [
    ...delayFiguresOf(name, IDLE, idle, targetMs),
    ...delayFiguresOf(name, LOAD, load, targetMs),
    {
      work: `… our p99, relative to that p99 plus ${MAX_FLUSH_DELAY_MS} ms`,
      unit: "×",
      samples: ratios(tracked, limits),
      ...(floor !== undefined && { floor }),
    },
  ];
}

function delayFiguresOf(
  name: string,
  { what }: Pace,
  rounds: readonly Round[],
  targetMs: number | undefined,
): Figure[] {
  const figure = (work: string, field: keyof Round, part: number): Figure => ({
    work,
    unit: "ms",
    samples: quantiles(rounds, field, part),
  });
  return [
    figure(`${name}, ${what}: join to visible, p50`, "tracked", 0.5),
    { ...figure("… p99", "tracked", 0.99), ...(targetMs !== undefined && { target: atMost(targetMs) }) },
    figure("… the same bytes through the bare client, p50", "bare", 0.5),
    figure("… p99", "bare", 0.99),
  ];
}

/** One for each round. */
function quantiles(rounds: readonly Round[], field: keyof Round, part: number): number[] {
  return rounds.map((round) => quantile(round[field], part));
}

function ascending(delays: readonly number[]): number[] {
  return delays.toSorted((one, other) => one - other);
}

/** The smallest delay that is at least as long as this part of all delays. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1]!;
}
