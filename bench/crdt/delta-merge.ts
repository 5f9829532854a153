import { equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { atMost, type Figure, median, ratios } from "../figure.ts";
import { collect, rounds, timeNow } from "../measure.ts";
import type { Effort } from "../suite.ts";
import { grouped } from "../text.ts";
import { Author, received } from "./author.ts";

const DELTAS = 200;
/** Of this size there is one more state, whose topics were all read by key: their indexes are kept from then on. */
const KEYED_SIZE = 100_000;
const KEYED = "keyed";

/** One delta into states of several sizes: it must cost what it says, whatever is there. */
export function deltaMerge({ runs, sizes }: Effort): Figure[] {
  const states = sizes.map(stateOf);
  const keyed = stateOf(KEYED_SIZE);
  for (const topic of keyed.set.topics()) keyed.set.keyCount(topic);
  const samples = rounds<string>(runs, () => ({
    ...Object.fromEntries(states.map((state) => [state.size, medianMerge(state)])),
    [KEYED]: medianMerge(keyed),
  }));
  for (const { set, size, author } of [...states, keyed]) {
    equal(author.count, size);
    equal(countOf(set), size);
  }
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
      check: atMost(largest > 10 * smallest ? 5 : 3),
    },
  ];
}

/** A receiver that holds so many presences of one other replica, and goes on hearing of it. */
function stateOf(size: number): { size: number; author: Author; set: PresenceSet } {
  const author = new Author("tokyo");
  const set = new PresenceSet({ replica: "paris" });
  set.show(author.replica);
  for (const bytes of author.messages(size)) set.merge(received(bytes));
  return { size, author, set };
}

/** In ms, over many different deltas that were ready before. */
function medianMerge({ author, set }: { author: Author; set: PresenceSet }): number {
  const deltas = Array.from({ length: DELTAS }, () => author.change());
  collect();
  return median(deltas.map((delta) => timeNow(() => set.merge(delta))[1]));
}

function countOf(set: PresenceSet): number {
  return set.topics().reduce((sum, topic) => sum + set.count(topic), 0);
}
