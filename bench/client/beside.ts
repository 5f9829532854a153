import { atLeast, type Figure, median, ratios } from "../figure.ts";
import { assertSame, official, ours, type Subject } from "./subjects.ts";

/** µs of the official client and of ours, one a run. */
export interface Beside {
  readonly theirs: number[];
  readonly mine: number[];
}

/** What one client did, in µs by name, and the client, which then holds what the other one holds. */
export interface Played<Name extends string> {
  readonly took: Record<Name, number>;
  readonly subject: Subject;
}

/**
 * Plays with both clients in turn, and compares what they hold. `play` makes as many of a kind as it needs. A run has
 * several turns: one that other work of the machine falls into says nothing.
 */
export function beside<Name extends string>(
  runs: number,
  play: (create: () => Subject) => Played<Name>,
  turns: number,
): Record<Name, Beside> {
  round(play, turns);
  const played = Array.from({ length: runs }, () => round(play, turns));
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

function round<Name extends string>(play: (create: () => Subject) => Played<Name>, turns: number) {
  const played = Array.from({ length: turns }, () => {
    const [theirs, mine] = [play(official), play(ours)];
    assertSame(theirs.subject, mine.subject);
    return { theirs: theirs.took, mine: mine.took };
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
