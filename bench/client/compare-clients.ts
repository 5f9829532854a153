import { atLeast, type Figure, median, ratios } from "../figure.ts";
import { assertSame, official, ours, type Subject } from "./compared-client.ts";

/** µs of the official client and of ours, one a run. */
export interface Beside {
  readonly theirs: number[];
  readonly mine: number[];
}

export interface Rounds {
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
export function beside<Name extends string>(
  { runs, turns, clients = 1 }: Rounds,
  play: (subjects: readonly Subject[]) => Record<Name, number>,
): Record<Name, Beside> {
  const round = () => roundOf(play, turns, clients);
  round();
  const played = Array.from({ length: runs }, round);
  const names = Object.keys(played[0]!.theirs) as Name[];
  const samples = (name: Name) => ({
    theirs: played.map(({ theirs }) => theirs[name]),
    mine: played.map(({ mine }) => mine[name]),
  });
  return Object.fromEntries(names.map((name) => [name, samples(name)])) as Record<Name, Beside>;
}

/** The lines of the table for one work: ours is to be that many times as fast, where a target says so. */
export function figuresOf(work: string, { theirs, mine }: Beside, times?: number): Figure[] {
  return [
    { work, unit: "µs", samples: mine },
    { work: "the official client", unit: "µs", samples: theirs },
    {
      work: "the official client, to ours",
      unit: "×",
      samples: ratios(theirs, mine),
      ...(times !== undefined && { target: atLeast(times), floor: work }),
    },
  ];
}

function roundOf<Name extends string>(
  play: (subjects: readonly Subject[]) => Record<Name, number>,
  turns: number,
  clients: number,
) {
  const played = Array.from({ length: turns }, () => {
    const theirs = Array.from({ length: clients }, official);
    const mine = Array.from({ length: clients }, ours);
    const turn = { theirs: play(theirs), mine: play(mine) };
    for (const [at, one] of theirs.entries()) assertSame(one, mine[at]!);
    return turn;
  });
  return {
    theirs: medians(played.map(({ theirs }) => theirs)),
    mine: medians(played.map(({ mine }) => mine)),
  };
}

function medians<Name extends string>(turns: readonly Record<Name, number>[]): Record<Name, number> {
  const names = Object.keys(turns[0]!) as Name[];
  const middle = (name: Name) => median(turns.map((turn) => turn[name]));
  return Object.fromEntries(names.map((name) => [name, middle(name)])) as Record<Name, number>;
}
