import { atMost, type Figure, ratios } from "../figure.ts";
import { rounds } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { Receiver } from "./receiver.ts";

/** Of this size there is one more state, whose topics were all read by key: their indexes are kept from then on. */
const KEYED_SIZE = 100_000;
const KEYED = "keyed";

/** One delta into states of several sizes: it must cost what it says, whatever is there. */
export function deltaMerge({ runs, sizes }: Effort): Figure[] {
  const states = sizes.map((presences) => ({ size: presences, heard: new Receiver({ presences }) }));
  const keyed = new Receiver({ presences: KEYED_SIZE });
  for (const topic of keyed.set.topics()) keyed.set.keyCount(topic);
  const samples = rounds<string>(runs, () => ({
    ...Object.fromEntries(states.map(({ size, heard }) => [size, heard.medianMerge()])),
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
      work: `the same into ${grouped(KEYED_SIZE)}, where every topic was read by key before`,
      unit: "ms",
      samples: samples[KEYED]!,
      target: atMost(0.5),
    },
    {
      work: `the same merge, ${grouped(largest)} to ${grouped(smallest)}`,
      unit: "×",
      samples: ratios(samples[largest]!, samples[smallest]!),
      target: atMost(5),
      floor: "largest to smallest",
    },
  ];
}
