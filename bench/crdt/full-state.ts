import { equal } from "node:assert/strict";
import { Intervals, PresenceSet } from "../../src/crdt/index.ts";
import { atMost, type Figure, ratios } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import type { Effort } from "../subject.ts";
import { BareMaps } from "./bare-maps.ts";
import { joinAll, PersonStream } from "./person-stream.ts";
import { decodePush, encodePush, PARIS, TOKYO } from "./push-bytes.ts";

const PEOPLE = 100_000;

/** The full state for a new replica, from one set to another. */
export function fullState({ runs }: Effort): Figure[] {
  const tokyo = new PresenceSet({ replica: TOKYO.id });
  joinAll(tokyo, new PersonStream().take(PEOPLE));
  const { extract, encode, decode, merge, bareMaps } = rounds(runs, () => sendFullState(tokyo));
  const sum = (one: readonly number[], other: readonly number[]) => one.map((ms, run) => ms + other[run]!);
  return [
    { work: "full state of 100 000: extract", unit: "ms", samples: extract },
    { work: "full state: encode", unit: "ms", samples: encode },
    {
      work: "full state: extract and encode",
      unit: "ms",
      samples: sum(extract, encode),
      target: atMost(120),
    },
    { work: "full state: decode", unit: "ms", samples: decode },
    { work: "full state: merge into an empty set", unit: "ms", samples: merge, target: atMost(120) },
    { work: "full state: decode and merge", unit: "ms", samples: sum(decode, merge), target: atMost(300) },
    {
      work: "full state: merge, relative to bare maps",
      unit: "×",
      samples: ratios(merge, bareMaps),
      floor: "merge to bare maps",
    },
  ];
}

function sendFullState(tokyo: PresenceSet) {
  const [state, extract] = time(() => tokyo.catchUp(TOKYO.id, Intervals.empty())!);
  const [bytes, encode] = time(() => encodePush(state));
  const [fragment, decode] = time(() => decodePush(bytes));

  const paris = new PresenceSet({ replica: PARIS.id });
  paris.show(TOKYO.id);
  const [, merge] = time(() => paris.merge(fragment));

  const maps = new BareMaps();
  const { live } = decodePush(bytes);
  const [, bareMaps] = time(() => {
    for (const entry of live) maps.add(entry);
  });

  equal(paris.digestOf(TOKYO.id), tokyo.digestOf(TOKYO.id));
  for (const topic of tokyo.topics()) {
    equal(paris.count(topic), tokyo.count(topic));
    equal(maps.count(topic), tokyo.count(topic));
  }
  return { extract, encode, decode, merge, bareMaps };
}
