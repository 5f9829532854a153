import { atLeast, type Figure, median, ratios } from "../figure.ts";
import { assertSame, type ComparedClient, officialClient, ourClient } from "./compared-client.ts";

/** µs of the official client and of ours, one a run. */
export interface ClientTimes {
  readonly official: number[];
  readonly ours: number[];
}

export interface ComparisonOptions {
  readonly runs: number;
  /** Of both in a run: one that other work of the machine falls into says nothing. */
  readonly turns: number;
  /** How many of each kind play in a turn. */
  readonly clients?: number;
}

/**
 * Plays with both kinds of client in turn, and compares what they hold. `play` returns the µs of what it did. All are
 * there before any of them plays, as they are in a page.
 */
export function compareClients<Name extends string>(
  { runs, turns, clients = 1 }: ComparisonOptions,
  play: (subjects: readonly ComparedClient[]) => Record<Name, number>,
): Record<Name, ClientTimes> {
  const round = () => roundOf(play, turns, clients);
  round();
  const played = Array.from({ length: runs }, round);
  const names = Object.keys(played[0]!.official) as Name[];
  const samples = (name: Name) => ({
    official: played.map(({ official }) => official[name]),
    ours: played.map(({ ours }) => ours[name]),
  });
  return Object.fromEntries(names.map((name) => [name, samples(name)])) as Record<Name, ClientTimes>;
}

/** The lines of the table for one work: ours is to be that many times as fast, where a target says so. */
export function figuresOf(work: string, { official, ours }: ClientTimes, times?: number): Figure[] {
  return [
    { work, unit: "µs", samples: ours },
    { work: "the official client", unit: "µs", samples: official },
    {
      work: "the official client, to ours",
      unit: "×",
      samples: ratios(official, ours),
      ...(times !== undefined && { target: atLeast(times), floor: work }),
    },
  ];
}

function roundOf<Name extends string>(
  play: (subjects: readonly ComparedClient[]) => Record<Name, number>,
  turns: number,
  clients: number,
) {
  const played = Array.from({ length: turns }, () => {
    const official = Array.from({ length: clients }, officialClient);
    const ours = Array.from({ length: clients }, ourClient);
    const turn = { official: play(official), ours: play(ours) };
    for (const [at, one] of official.entries()) assertSame(one, ours[at]!);
    return turn;
  });
  return {
    official: medians(played.map(({ official }) => official)),
    ours: medians(played.map(({ ours }) => ours)),
  };
}

function medians<Name extends string>(turns: readonly Record<Name, number>[]): Record<Name, number> {
  const names = Object.keys(turns[0]!) as Name[];
  const middle = (name: Name) => median(turns.map((turn) => turn[name]));
  return Object.fromEntries(names.map((name) => [name, middle(name)])) as Record<Name, number>;
}
