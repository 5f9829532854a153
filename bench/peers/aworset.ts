import CRDTs, { type Aworset, type Delta } from "delta-crdts";
import { type ComparedReplica, namesByNumber } from "./compared-replica.ts";

const create = CRDTs("aworset");
let replicas = 0;

/** The add-wins observed-remove set of delta-crdts. It tells deltas and states as they are in memory, not as bytes. */
export function aworset(): ComparedReplica<Delta> {
  const set: Aworset<string> = create(`replica ${++replicas}`);
  let news: Delta[] = [];
  return {
    set: (id, name) => void news.push(set.add(`${id} ${name}`)),
    takeUpdates() {
      const taken = news;
      news = [];
      return taken;
    },
    fullState: () => set.state(),
    apply: (delta) => void set.apply(delta),
    names: () => namesByNumber([...set.value()].map((value) => value.split(" ") as [string, string])),
    end() {},
  };
}
