import { deepEqual, equal } from "node:assert/strict";
import { PresenceSet } from "../../src/crdt/index.ts";
import { atMost, type Figure, ratios } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import type { Effort } from "../subject.ts";
import { RemoteReplica } from "./remote-replica.ts";

const REPLICAS = 200;
const LISTS = 1_000;
const TOPIC = "lobby";

/** Two equal sets. In one of them, 200 other replicas joined the topic with 50 presences each and were forgotten. */
export function departedReplicas({ runs }: Effort): Figure[] {
  const untouched = receiver();
  const used = receiver();
  for (let number = 0; number < REPLICAS; number++) joinAndForget(used, `lima-${number}`, number + 2);
  deepEqual(used.list(TOPIC), untouched.list(TOPIC));
  const { before, after } = rounds(runs, () => ({ before: timeLists(untouched), after: timeLists(used) }));
  return [
    { work: "list a topic of 1 000 that only one replica ever joined", unit: "µs", samples: before },
    {
      work: "list it after 200 replicas joined it with 50 presences each and were forgotten",
      unit: "µs",
      samples: after,
    },
    {
      work: "… after, relative to before",
      unit: "×",
      samples: ratios(after, before),
      target: atMost(1.1),
      floor: "list after they left",
    },
  ];
}

function receiver(): PresenceSet {
  const set = new PresenceSet({ replica: "paris" });
  joinAll(set, new RemoteReplica("tokyo"), 1_000);
  return set;
}

function joinAndForget(set: PresenceSet, replica: string, seed: number): void {
  joinAll(set, new RemoteReplica(replica, seed), 50);
  equal(set.count(TOPIC), 1_050);
  set.forget(replica);
}

function joinAll(set: PresenceSet, remote: RemoteReplica, count: number): void {
  set.show(remote.replica);
  set.merge(remote.send(Array.from({ length: count }, () => remote.join(TOPIC))));
}

/** µs per list. */
function timeLists(set: PresenceSet): number {
  const [listed, ms] = time(() => {
    let sum = 0;
    for (let list = 0; list < LISTS; list++) sum += set.list(TOPIC).length;
    return sum;
  });
  equal(listed, LISTS * 1_000);
  return (ms * 1_000) / LISTS;
}
