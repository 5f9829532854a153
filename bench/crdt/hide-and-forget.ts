import { equal } from "node:assert/strict";
import { type Fragment, PresenceSet } from "../../src/crdt/index.ts";
import { atMost, type Figure } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import type { Effort } from "../subject.ts";
import { RemoteReplica } from "./remote-replica.ts";

const EACH = 50_000;
const BATCH = 100;

/** One of two replicas that hold 50 000 each goes down, comes back, and goes for good. */
export function hideAndForget({ runs }: Effort): Figure[] {
  const heard = inTurn(new RemoteReplica("tokyo", 1), new RemoteReplica("lima", 2));
  const { hide, show, forget } = rounds(runs, () => {
    const set = new PresenceSet({ replica: "paris" });
    for (const replica of ["tokyo", "lima"]) set.show(replica);
    for (const fragment of heard) set.merge(fragment);
    const [hidden, hide] = time(() => set.hide("tokyo"));
    const [shown, show] = time(() => set.show("tokyo"));
    const [forgotten, forget] = time(() => set.forget("tokyo"));
    for (const { length } of [hidden.leaves, shown.joins, forgotten.leaves]) equal(length, EACH);
    return { hide, show, forget };
  });
  return [
    { work: "hide a replica with 50 000 of 100 000", unit: "ms", samples: hide, target: atMost(10) },
    { work: "show it again", unit: "ms", samples: show },
    { work: "forget it", unit: "ms", samples: forget, target: atMost(25) },
  ];
}

/** What they say, so that the presences of both come to lie side by side in each topic. */
function inTurn(...authors: readonly RemoteReplica[]): Fragment[] {
  const turns = Array.from({ length: EACH / BATCH }, () => authors);
  return turns.flat().map((author) => author.send(author.joins(BATCH)));
}
