import { deepEqual, equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { atMost, type Figure, ratios } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import type { Effort } from "../subject.ts";
import { RemoteReplica } from "./remote-replica.ts";

const GUESTS = 200;
const LISTS = 1_000;
const TOPIC = "lobby";

/** Two equal sets; at one of them 200 other replicas came, with 50 presences each in the same topic, and went. */
export function departedReplicas({ runs }: Effort): Figure[] {
  const quiet = receiver();
  const visited = receiver();
  for (let guest = 0; guest < GUESTS; guest++) comeAndGo(visited, `guest-${guest}`, guest + 2);
  deepEqual(visited.list(TOPIC), quiet.list(TOPIC));
  const { before, after } = rounds(runs, () => ({ before: timeLists(quiet), after: timeLists(visited) }));
  return [
    { work: "list a topic of 1 000 that no other replica joined", unit: "µs", samples: before },
    { work: "list it after 200 came with 50 presences each, and went", unit: "µs", samples: after },
    {
      work: "list it after they went, to before they came",
      unit: "×",
      samples: ratios(after, before),
      target: atMost(1.1),
      floor: "list after guests",
    },
  ];
}

function receiver(): PresenceSet {
  const set = new PresenceSet({ replica: "paris" });
  joinAll(set, new RemoteReplica("tokyo"), 1_000);
  return set;
}

function comeAndGo(set: PresenceSet, replica: string, seed: number): void {
  joinAll(set, new RemoteReplica(replica, seed), 50);
  equal(set.count(TOPIC), 1_050);
  set.forget(replica);
}

function joinAll(set: PresenceSet, author: RemoteReplica, count: number): void {
  set.show(author.replica);
  set.merge(author.send(Array.from({ length: count }, () => author.join(TOPIC))));
}

/** µs a list. */
function timeLists(set: PresenceSet): number {
  const [listed, ms] = time(() => {
    let sum = 0;
    for (let list = 0; list < LISTS; list++) sum += set.list(TOPIC).length;
    return sum;
  });
  equal(listed, LISTS * 1_000);
  return (ms * 1_000) / LISTS;
}
