import CRDTs, { type Aworset, type Delta } from "delta-crdts";
import { type ComparedReplica, namesByNumber } from "./compared-replica.ts";

const create = CRDTs("aworset");
let replicas = 0;

/** The add-wins observed-remove set of delta-crdts. Its deltas and states are objects, not bytes. */
export function aworset(): ComparedReplica<Delta> {
  const set: Aworset<string> = create(`replica ${++replicas}`);
  let updates: Delta[] = [];
  return {
    set: (id, name) => void updates.push(set.add(`${id} ${name}`)),
    takeUpdates() {
      const taken = updates;
      updates = [];
      return taken;
    },
    fullState: () => set.state(),
    apply: (delta) => void set.apply(delta),
    names: () => namesByNumber([...set.value()].map((value) => value.split(" ") as [string, string])),
    end() {},
  };
}
