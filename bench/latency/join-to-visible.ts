import { equal } from "node:assert/strict";
import { atMost, type Figure, ratios } from "../figure.ts";
import type { Effort, Subject } from "../subject.ts";
import type { LatencyNodeProcess } from "./latency-node-process.ts";
import type { TransportName } from "./transports.ts";
import { withNodes } from "./with-nodes.ts";

/** One now and then: what a user who looks at an idle page waits. */
const IDLE = { what: "idle", count: 100, everyMs: 50 };
/** 1 000 a second, for three. */
const LOAD = { what: "1 000 joins/s", count: 3_000, everyMs: 1 };
/** What a change waits for others to share its message, by default and at the most: `flushDelayMs`, and as much by chance. */
const LONGEST_WAIT_MS = 20;
/** Then each leaves. */
const STAY_MS = 200;

/** Delays in ms, in order: of joins, from `track` to the diff; and of the same messages without us. */
interface Round {
  readonly tracked: readonly number[];
  readonly bare: readonly number[];
}

type Pace = typeof IDLE;

/** People join in one process, and another sees them. */
export function joinToVisible(medium: TransportName, { targetMs }: { targetMs?: number } = {}): Subject {
  return ({ runs }: Effort): Promise<Figure[]> =>
    withNodes(medium, 2, async ([tokyo, paris]) => {
      const idle: Round[] = [];
      const load: Round[] = [];
      for (let run = 0; run <= runs; run++) {
        idle.push(await round(tokyo!, paris!, IDLE));
        load.push(await round(tokyo!, paris!, LOAD));
      }
      // The first warms up.
      return [...figuresOf(medium, IDLE, idle.slice(1)), ...loadFiguresOf(medium, load.slice(1), targetMs)];
    });
}

async function round(
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
  return { tracked: rising(tracked), bare: rising(bare) };
}

function figuresOf(medium: TransportName, { what }: Pace, rounds: readonly Round[]): Figure[] {
  const figure = (work: string, field: keyof Round, part: number): Figure => ({
    work,
    unit: "ms",
    samples: rounds.map((each) => quantile(each[field], part)),
  });
  return [
    figure(`${medium}, ${what}: join to visible, median`, "tracked", 0.5),
    figure("… 99 of 100 within", "tracked", 0.99),
    figure("… the same bytes by the bare client, median", "bare", 0.5),
    figure("… 99 of 100 within", "bare", 0.99),
  ];
}

function loadFiguresOf(medium: TransportName, rounds: readonly Round[], targetMs?: number): Figure[] {
  const [middle, tracked, ...bare] = figuresOf(medium, LOAD, rounds) as [Figure, Figure, Figure, Figure];
  const limits = bare[1].samples.map((ms) => ms + LONGEST_WAIT_MS);
  return [
    middle,
    { ...tracked, ...(targetMs !== undefined && { target: atMost(targetMs) }) },
    ...bare,
    {
      work: `… 99 of 100 of ours, to those and the ${LONGEST_WAIT_MS} ms that a join waits at most`,
      unit: "×",
      samples: ratios(tracked.samples, limits),
      floor: "99 of 100 under load",
    },
  ];
}

function rising(delays: readonly number[]): number[] {
  return delays.toSorted((one, other) => one - other);
}

/** The least that so many are not above. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1]!;
}
