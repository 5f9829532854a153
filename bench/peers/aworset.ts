import CRDTs, { type Aworset, type Delta } from "delta-crdts";
import { inOrder, type Replica } from "./compared-replica.ts";

const create = CRDTs("aworset");
let replicas = 0;

/** The add-wins observed-remove set of delta-crdts. It tells deltas and states as they are in memory, not as bytes. */
export function aworset(): Replica<Delta> {
  const set: Aworset<string> = create(`replica ${++replicas}`);
  let news: Delta[] = [];
  return {
    set: (id, name) => void news.push(set.add(`${id} ${name}`)),
    takeNews() {
      const taken = news;
      news = [];
      return taken;
    },
    everything: () => set.state(),
    apply: (delta) => void set.apply(delta),
    names: () => inOrder([...set.value()].map((value) => value.split(" ") as [string, string])),
    end() {},
  };
}
