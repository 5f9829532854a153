import { atLeast, type Figure, median, ratios } from "../figure.ts";
import { assertSame, official, ours, type Subject } from "./subjects.ts";

/** Turns of both in a run. Each is short, and one that other work of the machine falls into says nothing. */
const TURNS = 9;

/** µs of the official client and of ours, one a run. */
export interface Beside {
  readonly theirs: number[];
  readonly mine: number[];
}

/** Plays with both clients in turn, and compares what they hold. `play` returns the µs of what it did. */
export function beside<Name extends string>(
  runs: number,
  play: (subject: Subject) => Record<Name, number>,
): Record<Name, Beside> {
  round(play);
  const played = Array.from({ length: runs }, () => round(play));
  const names = Object.keys(played[0]!.theirs) as Name[];
  const samples = (name: Name) => ({
    theirs: played.map(({ theirs }) => theirs[name]),
    mine: played.map(({ mine }) => mine[name]),
  });
  return Object.fromEntries(names.map((name) => [name, samples(name)])) as Record<Name, Beside>;
}

/** The lines of the table for one work: ours is to be that many times as fast. */
export function figuresOf(work: string, { theirs, mine }: Beside, times: number): Figure[] {
  return [
    { work, unit: "µs", samples: mine },
    { work: "the official client", unit: "µs", samples: theirs },
    {
      work: "the official client, to ours",
      unit: "×",
      samples: ratios(theirs, mine),
      target: atLeast(times),
      floor: work,
    },
  ];
}

function round<Name extends string>(play: (subject: Subject) => Record<Name, number>) {
  const turns = Array.from({ length: TURNS }, () => {
    const [one, other] = [official(), ours()];
    const turn = { theirs: play(one), mine: play(other) };
    assertSame(one, other);
    return turn;
  });
  return { theirs: medians(turns.map(({ theirs }) => theirs)), mine: medians(turns.map(({ mine }) => mine)) };
}

function medians<Name extends string>(turns: readonly Record<Name, number>[]): Record<Name, number> {
  const names = Object.keys(turns[0]!) as Name[];
  const middle = (name: Name) => median(turns.map((turn) => turn[name]));
  return Object.fromEntries(names.map((name) => [name, middle(name)])) as Record<Name, number>;
}
