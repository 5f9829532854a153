import { equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { atLeast, type Figure, ratios } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import type { Effort } from "../subject.ts";
import { BareMaps } from "./bare-maps.ts";
import { joinAll, leaveAll, type Person, PersonStream } from "./person-stream.ts";
import { TOKYO } from "./push-bytes.ts";
import { Random } from "./random.ts";

const PEOPLE = 100_000;

/** The joins, updates and leaves of a replica. */
export function ownChanges({ runs }: Effort): Figure[] {
  const { join, keyed, update, leave, bareMaps } = rounds(runs, () => {
    const set = new PresenceSet({ replica: TOKYO.id });
    const people = new PersonStream().take(PEOPLE);
    const [, join] = time(() => joinAll(set, people));
    const [maps, bareMaps] = joinBareMaps();
    for (const topic of set.topics()) equal(set.count(topic), maps.count(topic));
    return { join, keyed: joinWithKeyIndexes(), bareMaps, ...updateAndLeave(set, people) };
  });
  return [
    {
      work: "join 100 000 over 1 000 topics",
      unit: "/s",
      samples: join.map(rate),
      target: atLeast(600_000),
    },
    {
      work: "… relative to bare maps",
      unit: "×",
      samples: ratios(join, bareMaps),
      floor: "join to bare maps",
    },
    { work: "… with a key index on every topic", unit: "/s", samples: keyed.map(rate) },
    { work: "update each of 100 000", unit: "/s", samples: update.map(rate) },
    { work: "leave each of 100 000", unit: "/s", samples: leave.map(rate) },
  ];
}

/** In ms. Listing a key of a topic builds its index, which is then kept. The key need not exist. */
function joinWithKeyIndexes(): number {
  const stream = new PersonStream();
  const set = new PresenceSet({ replica: TOKYO.id });
  joinAll(
    set,
    stream.topics.map((topic) => stream.next(topic)),
  );
  for (const topic of stream.topics) equal(set.getByKey(topic, "").length, 0);
  const people = stream.take(PEOPLE);
  const [, ms] = time(() => joinAll(set, people));
  return ms;
}

function joinBareMaps(): [BareMaps, ms: number] {
  const people = new PersonStream().take(PEOPLE);
  const maps = new BareMaps();
  const [, ms] = time(() => {
    let dot = 0;
    for (const { owner, topic, key, meta } of people)
      maps.add({ dot: ++dot, owner, topic, key, content: meta, replaced: 0 });
  });
  return [maps, ms];
}

/** Each person updates, then each leaves, in random order. */
function updateAndLeave(set: PresenceSet, people: readonly Person[]): { update: number; leave: number } {
  const shuffled = new Random(1).shuffle(people);
  set.takeOperations();
  const [, update] = time(() => {
    for (const { owner, topic, key } of shuffled) set.update(owner, topic, key, { name: "away" });
  });
  set.takeOperations();
  const [, leave] = time(() => leaveAll(set, shuffled));
  equal(set.topics().length, 0);
  return { update, leave };
}

function rate(ms: number): number {
  return (PEOPLE / ms) * 1_000;
}
