import { atLeast, type Figure, median, ratios } from "../figure.ts";
import { assertSameState, type ComparedClient, officialClient, ourClient } from "./compared-client.ts";

/** The times of the official client and of ours in µs, one per run. */
export interface ClientTimes {
  readonly official: number[];
  readonly ours: number[];
}

export interface ComparisonOptions {
  readonly runs: number;
  /** Turns of each client in a run. A run is the median of its turns, so other work of the machine does not count. */
  readonly turns: number;
  /** Clients of each kind in a turn. Default 1. */
  readonly clients?: number;
}

/**
 * Measures both kinds of client in turn, and compares their states after each turn. `measure` returns times in µs. All
 * clients exist before the first is measured.
 */
export function compareClients<Name extends string>(
  { runs, turns, clients = 1 }: ComparisonOptions,
  measure: (clients: readonly ComparedClient[]) => Record<Name, number>,
): Record<Name, ClientTimes> {
  // A page keeps its client. If no client outlived a turn, the collection before the next one would take the shapes of
  // its objects, and V8 would drop the code that it has compiled for them.
  const kept: ComparedClient[] = [];
  const round = () => measureRound(measure, turns, clients, kept);
  round();
  const results = Array.from({ length: runs }, round);
  const names = Object.keys(results[0]!.official) as Name[];
  const samples = (name: Name) => ({
    official: results.map(({ official }) => official[name]),
    ours: results.map(({ ours }) => ours[name]),
  });
  return Object.fromEntries(names.map((name) => [name, samples(name)])) as Record<Name, ClientTimes>;
}

/** The figures of one work. With `times`, the target is to be that many times as fast as the official client. */
export function figuresOf(work: string, { official, ours }: ClientTimes, times?: number): Figure[] {
  return [
    { work, unit: "µs", samples: ours },
    { work: "the official client", unit: "µs", samples: official },
    {
      work: "the official client, relative to ours",
      unit: "×",
      samples: ratios(official, ours),
      ...(times !== undefined && { target: atLeast(times), floor: work }),
    },
  ];
}

function measureRound<Name extends string>(
  measure: (clients: readonly ComparedClient[]) => Record<Name, number>,
  turns: number,
  clients: number,
  kept: ComparedClient[],
) {
  const results = Array.from({ length: turns }, () => {
    const official = Array.from({ length: clients }, officialClient);
    const ours = Array.from({ length: clients }, ourClient);
    const turn = { official: measure(official), ours: measure(ours) };
    for (const [at, client] of official.entries()) assertSameState(client, ours[at]!);
    kept.splice(0, kept.length, official[0]!, ours[0]!);
    return turn;
  });
  return {
    official: medians(results.map(({ official }) => official)),
    ours: medians(results.map(({ ours }) => ours)),
  };
}

function medians<Name extends string>(turns: readonly Record<Name, number>[]): Record<Name, number> {
  const names = Object.keys(turns[0]!) as Name[];
  const middle = (name: Name) => median(turns.map((turn) => turn[name]));
  return Object.fromEntries(names.map((name) => [name, middle(name)])) as Record<Name, number>;
}
