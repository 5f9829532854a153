import { type Figure, ratios } from "../figure.ts";
import { rounds } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { Receiver } from "./receiver.ts";

/** Of one delta. */
const CHANGES = 200;
const PRESENCES = 100_000;

/** One thing that grows, and what a receiver is at each of its sizes. */
interface Growing {
  readonly what: string;
  readonly sizes: readonly number[];
  readonly heard: (size: number) => Receiver;
}

/** What a change costs one who hears of it, as the state grows in each of its directions: presences, nodes, topics. */
export function growth({ runs, sizes }: Effort): Figure[] {
  return [
    {
      what: "presences",
      sizes: [1_000, ...sizes],
      heard: (presences: number) => new Receiver({ presences }),
    },
    {
      what: "nodes with 100 000 in all",
      sizes: [2, 10, 50],
      // One of them is the receiver.
      heard: (nodes: number) =>
        new Receiver({ presences: PRESENCES - (PRESENCES % (nodes - 1)), authors: nodes - 1 }),
    },
    {
      what: "topics with 100 000 in all",
      sizes: [1, 1_000, 100_000],
      heard: (topics: number) => new Receiver({ presences: PRESENCES, topics }),
    },
  ].flatMap((growing) => figuresOf(growing, runs));
}

function figuresOf({ what, sizes, heard }: Growing, runs: number): Figure[] {
  const states = sizes.map(heard);
  const measured = rounds<string>(runs, () =>
    Object.fromEntries(states.map((state, at) => [sizes[at]!, (state.medianMerge() * 1_000) / CHANGES])),
  );
  const [least, most] = [sizes[0]!, sizes.at(-1)!];
  return [
    ...sizes.map(
      (size): Figure => ({
        work: `merge one change: ${grouped(size)} ${what}`,
        unit: "µs",
        samples: measured[size]!,
      }),
    ),
    {
      work: `… ${grouped(most)} to ${grouped(least)}`,
      unit: "×",
      samples: ratios(measured[most]!, measured[least]!),
      floor: what,
    },
  ];
}
