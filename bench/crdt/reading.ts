import { equal } from "node:assert/strict";
import { type Operation, PresenceSet } from "../../src/crdt/index.ts";
import { atMost, type Figure, ratios } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import type { Effort } from "../subject.ts";
import { Random } from "./random.ts";
import { RemoteReplica } from "./remote-replica.ts";

const PEOPLE = 100_000;
const COUNTS = 300_000;
/** Presences listed in one timed part, which repeats the list as often as needed. */
const LISTED = 300_000;

/** Reads of a state of 100 000, in which topics of three sizes grew at the same time. */
export function reading({ runs }: Effort): Figure[] {
  const { set, keys } = receiver();
  for (const size of [10, 1_000, 10_000]) equal(set.list(`${size}`).length, size);
  const measured = rounds(runs, () => ({
    ten: timeLists(set, 10),
    thousand: timeLists(set, 1_000),
    tenThousand: timeLists(set, 10_000),
    key: timeKeys(set, keys),
    countOfTen: timeCounts(set, 10),
    count: timeCounts(set, 10_000),
  }));
  const { ten, thousand, tenThousand, key, count, countOfTen } = measured;
  return [
    { work: "list a topic of 10", unit: "µs", samples: ten, target: atMost(0.5) },
    { work: "list a topic of 1 000", unit: "µs", samples: thousand, target: atMost(30) },
    { work: "list a topic of 10 000", unit: "µs", samples: tenThousand, target: atMost(400) },
    { work: "read one key among 10 000", unit: "µs", samples: key, target: atMost(1) },
    { work: "count a topic of 10 000", unit: "µs", samples: count, target: atMost(0.1) },
    {
      work: "… relative to a topic of 10",
      unit: "×",
      samples: ratios(count, countOfTen),
      floor: "count of 10 000 to 10",
    },
    {
      work: "count 1 000 by listing them, relative to the kept count",
      unit: "×",
      samples: ratios(thousand, count),
      floor: "list to count",
    },
  ];
}

/** The name of each topic is its size. `keys` are those of the largest. */
function receiver(): { set: PresenceSet; keys: string[] } {
  const remote = new RemoteReplica("tokyo");
  const set = new PresenceSet({ replica: "paris" });
  const named = [10, 1_000, 10_000].flatMap((size) => Array<string>(size).fill(`${size}`));
  const rest = Array<undefined>(PEOPLE - named.length).fill(undefined);
  set.show("tokyo");
  const operations = new Random(1).shuffle([...named, ...rest]).map((topic) => remote.join(topic));
  set.merge(remote.send(operations));
  return { set, keys: keysOf(operations, "10000") };
}

function keysOf(operations: readonly Operation[], topic: string): string[] {
  return operations.flatMap(({ live }) => (live?.topic === topic ? live.key : []));
}

/** µs per list. The metas exist already, because the topic was listed before. */
function timeLists(set: PresenceSet, size: number): number {
  const lists = LISTED / size;
  const topic = `${size}`;
  const [listed, ms] = time(() => {
    let sum = 0;
    for (let list = 0; list < lists; list++) sum += set.list(topic).length;
    return sum;
  });
  equal(listed, LISTED);
  return (ms * 1_000) / lists;
}

/** µs per key. */
function timeKeys(set: PresenceSet, keys: readonly string[]): number {
  // As from a message: equal strings, but new ones that were never looked up.
  const copies = new Random(2).shuffle(keys.map((key) => Buffer.from(key).toString()));
  const [found, ms] = time(() => {
    let sum = 0;
    for (const key of copies) sum += set.getByKey("10000", key).length;
    return sum;
  });
  equal(found, keys.length);
  return (ms * 1_000) / keys.length;
}

/** µs per count. */
function timeCounts(set: PresenceSet, size: number): number {
  const topic = `${size}`;
  const [counted, ms] = time(() => {
    let sum = 0;
    for (let count = 0; count < COUNTS; count++) sum += set.count(topic);
    return sum;
  });
  equal(counted, size * COUNTS);
  return (ms * 1_000) / COUNTS;
}
