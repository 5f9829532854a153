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

/** What a replica does to its own slice. */
export function ownChanges({ runs }: Effort): Figure[] {
  const { join, keyed, update, leave, floor } = rounds(runs, () => {
    const set = new PresenceSet({ replica: TOKYO.id });
    const people = new PersonStream().take(PEOPLE);
    const [, join] = time(() => joinAll(set, people));
    const [maps, floor] = comeIntoBareMaps();
    for (const topic of set.topics()) equal(set.count(topic), maps.count(topic));
    return { join, keyed: comeWhereKeysAreRead(), floor, ...changeAndGo(set, people) };
  });
  return [
    {
      work: "join 100 000 over 1 000 topics",
      unit: "/s",
      samples: join.map(rate),
      target: atLeast(600_000),
    },
    {
      work: "join, to putting the same into bare maps",
      unit: "×",
      samples: ratios(join, floor),
      floor: "join to bare maps",
    },
    { work: "the same where every topic was read by key before", unit: "/s", samples: keyed.map(rate) },
    { work: "update each of 100 000", unit: "/s", samples: update.map(rate) },
    { work: "leave each of 100 000", unit: "/s", samples: leave.map(rate) },
  ];
}

/** In ms: an index by key is made when it is first asked for, and kept from then on. */
function comeWhereKeysAreRead(): number {
  const crowd = new PersonStream();
  const set = new PresenceSet({ replica: TOKYO.id });
  joinAll(
    set,
    crowd.topics.map((topic) => crowd.next(topic)),
  );
  for (const topic of crowd.topics) equal(set.keyCount(topic), 1);
  const people = crowd.take(PEOPLE);
  const [, ms] = time(() => joinAll(set, people));
  return ms;
}

function comeIntoBareMaps(): [BareMaps, ms: number] {
  const people = new PersonStream().take(PEOPLE);
  const maps = new BareMaps();
  const [, ms] = time(() => {
    let dot = 0;
    for (const { owner, topic, key, meta } of people)
      maps.add({ dot: ++dot, owner, topic, key, content: meta, replaced: 0 });
  });
  return [maps, ms];
}

/** Everybody once, in any order. */
function changeAndGo(set: PresenceSet, people: readonly Person[]): { update: number; leave: number } {
  const inAnyOrder = new Random(1).shuffle(people);
  set.takeOperations();
  const [, update] = time(() => {
    for (const { owner, topic, key } of inAnyOrder) set.update(owner, topic, key, { name: "away" });
  });
  set.takeOperations();
  const [, leave] = time(() => leaveAll(set, inAnyOrder));
  equal(set.topics().length, 0);
  return { update, leave };
}

function rate(ms: number): number {
  return (PEOPLE / ms) * 1_000;
}
