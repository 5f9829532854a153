import { equal } from "node:assert/strict";
import { atMost, type Figure, ratios } from "../figure.ts";
import type { Effort, Subject } from "../subject.ts";
import type { LatencyNodeProcess } from "./latency-node-process.ts";
import type { Replicated } from "./timed-nodes.ts";
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

/** Presences join in one process and become visible in another: themselves, or as a number. */
export function joinToVisible(
  transport: TransportName,
  { targetMs, replicated = "presences" }: { targetMs?: number; replicated?: Replicated } = {},
): Subject {
  const name = replicated === "counts" ? `${transport}, counts` : transport;
  return ({ runs }: Effort): Promise<Figure[]> =>
    withNodes(
      transport,
      2,
      async ([tokyo, paris]) => {
        const idle: Round[] = [];
        const load: Round[] = [];
        for (let run = 0; run <= runs; run++) {
          idle.push(await runRound(tokyo!, paris!, IDLE));
          load.push(await runRound(tokyo!, paris!, LOAD));
        }
        // The first round warms up.
        return [...figuresOf(name, IDLE, idle.slice(1)), ...loadFiguresOf(name, load.slice(1), targetMs)];
      },
      replicated,
    );
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

function figuresOf(name: string, { what }: Pace, rounds: readonly Round[]): Figure[] {
  const figure = (work: string, field: keyof Round, part: number): Figure => ({
    work,
    unit: "ms",
    samples: rounds.map((each) => quantile(each[field], part)),
  });
  return [
    figure(`${name}, ${what}: join to visible, p50`, "tracked", 0.5),
    figure("… p99", "tracked", 0.99),
    figure("… the same bytes through the bare client, p50", "bare", 0.5),
    figure("… p99", "bare", 0.99),
  ];
}

function loadFiguresOf(name: string, rounds: readonly Round[], targetMs?: number): Figure[] {
  const [p50, tracked, ...bare] = figuresOf(name, LOAD, rounds) as [Figure, Figure, Figure, Figure];
  const limits = bare[1].samples.map((ms) => ms + MAX_FLUSH_DELAY_MS);
  return [
    p50,
    { ...tracked, ...(targetMs !== undefined && { target: atMost(targetMs) }) },
    ...bare,
    {
      work: `… our p99, relative to that p99 plus ${MAX_FLUSH_DELAY_MS} ms`,
      unit: "×",
      samples: ratios(tracked.samples, limits),
      floor: "p99 under load",
    },
  ];
}

function ascending(delays: readonly number[]): number[] {
  return delays.toSorted((one, other) => one - other);
}

/** The smallest delay that is at least as long as this part of all delays. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1]!;
}
