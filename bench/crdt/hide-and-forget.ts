import { equal } from "node:assert/strict";
import { type Fragment, PresenceSet } from "../../src/crdt/index.ts";
import { atMost, type Figure } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import type { Effort } from "../subject.ts";
import { RemoteReplica } from "./remote-replica.ts";

const PRESENCES = 50_000;
const BATCH = 100;

/** One of two replicas with 50 000 presences each is hidden, shown again, and forgotten. */
export function hideAndForget({ runs }: Effort): Figure[] {
  const fragments = joinsInTurn(new RemoteReplica("tokyo", 1), new RemoteReplica("lima", 2));
  const { hide, show, forget } = rounds(runs, () => {
    const set = new PresenceSet({ replica: "paris" });
    for (const replica of ["tokyo", "lima"]) set.show(replica);
    for (const fragment of fragments) set.merge(fragment);
    const [hidden, hide] = time(() => set.hide("tokyo"));
    const [shown, show] = time(() => set.show("tokyo"));
    const [forgotten, forget] = time(() => set.forget("tokyo"));
    for (const { length } of [hidden.leaves, shown.joins, forgotten.leaves]) equal(length, PRESENCES);
    return { hide, show, forget };
  });
  return [
    { work: "hide a replica with 50 000 of 100 000", unit: "ms", samples: hide, target: atMost(10) },
    { work: "show it again", unit: "ms", samples: show },
    { work: "forget it", unit: "ms", samples: forget, target: atMost(25) },
  ];
}

/** The joins of all replicas in turn, so that their presences alternate in each topic. */
function joinsInTurn(...remotes: readonly RemoteReplica[]): Fragment[] {
  const turns = Array.from({ length: PRESENCES / BATCH }, () => remotes);
  return turns.flat().map((remote) => remote.send(remote.joins(BATCH)));
}
