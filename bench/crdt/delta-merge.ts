import { atMost, type Figure, ratios } from "../figure.ts";
import { rounds } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { Receiver } from "./receiver.ts";

/** The size of one more state, in which every topic has a key index. Listing a key of a topic builds its index. */
const KEYED_SIZE = 100_000;
const KEYED = "keyed";

/** One delta into states of several sizes. Its cost must not depend on the size of the state. */
export function deltaMerge({ runs, sizes }: Effort): Figure[] {
  const states = sizes.map((presences) => ({ size: presences, receiver: new Receiver({ presences }) }));
  const keyed = new Receiver({ presences: KEYED_SIZE });
  for (const topic of keyed.set.topics()) keyed.set.getByKey(topic, "");
  const samples = rounds<string>(runs, () => ({
    ...Object.fromEntries(states.map(({ size, receiver }) => [size, receiver.medianMerge()])),
    [KEYED]: keyed.medianMerge(),
  }));
  const [smallest, largest] = [sizes[0]!, sizes.at(-1)!];
  return [
    ...sizes.map(
      (size): Figure => ({
        work: `merge 100 joins and 100 leaves into ${grouped(size)}`,
        unit: "ms",
        samples: samples[size]!,
        target: atMost(0.5),
      }),
    ),
    {
      work: `the same into ${grouped(KEYED_SIZE)}, with a key index on every topic`,
      unit: "ms",
      samples: samples[KEYED]!,
      target: atMost(0.5),
    },
    {
      work: `the same into ${grouped(largest)}, relative to ${grouped(smallest)}`,
      unit: "×",
      samples: ratios(samples[largest]!, samples[smallest]!),
      target: atMost(5),
      floor: "largest to smallest",
    },
  ];
}
