import { type Figure, ratios } from "../figure.ts";
import { rounds } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { Receiver } from "./receiver.ts";

/** Changes in one delta. */
const CHANGES = 200;
const PRESENCES = 100_000;

/** One dimension of the state, and a receiver for each size. */
interface Dimension {
  readonly what: string;
  readonly sizes: readonly number[];
  readonly receiver: (size: number) => Receiver;
}

/** The cost of one received change as the state grows: in presences, nodes or topics. */
export function growth({ runs, sizes }: Effort): Figure[] {
  return [
    {
      what: "presences",
      sizes: [1_000, ...sizes],
      receiver: (presences: number) => new Receiver({ presences }),
    },
    {
      what: "nodes with 100 000 in all",
      sizes: [2, 10, 50],
      // One of them is the receiver.
      receiver: (nodes: number) =>
        new Receiver({ presences: PRESENCES - (PRESENCES % (nodes - 1)), remotes: nodes - 1 }),
    },
    {
      what: "topics with 100 000 in all",
      sizes: [1, 1_000, 100_000],
      receiver: (topics: number) => new Receiver({ presences: PRESENCES, topics }),
    },
  ].flatMap((dimension) => figuresOf(dimension, runs));
}

function figuresOf({ what, sizes, receiver }: Dimension, runs: number): Figure[] {
  const states = sizes.map(receiver);
  const measured = rounds<string>(runs, () =>
    Object.fromEntries(states.map((state, at) => [sizes[at]!, (state.medianMerge() * 1_000) / CHANGES])),
  );
  const [smallest, largest] = [sizes[0]!, sizes.at(-1)!];
  return [
    ...sizes.map(
      (size): Figure => ({
        work: `merge one change, ${what}: ${grouped(size)}`,
        unit: "µs",
        samples: measured[size]!,
      }),
    ),
    {
      work: `… ${grouped(largest)}, relative to ${grouped(smallest)}`,
      unit: "×",
      samples: ratios(measured[largest]!, measured[smallest]!),
      floor: what,
    },
  ];
}
