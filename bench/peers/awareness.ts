import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import { Doc } from "yjs";
import { type ComparedReplica, namesByNumber } from "./compared-replica.ts";

/** The awareness of y-protocols: a state for each client, the latest of which wins. */
export function awareness(): ComparedReplica<Uint8Array> {
  const doc = new Doc();
  const held = new Awareness(doc);
  held.setLocalState(null);
  let news: number[] = [];
  return {
    set(id, name) {
      // It is one client: that of whoever comes, as its constructor leaves it.
      held.clientID = id;
      held.meta.set(id, { clock: 0, lastUpdated: 0 });
      held.setLocalState({ name });
      news.push(id);
    },
    takeUpdates() {
      const ids = news;
      news = [];
      return ids.map((id) => encodeAwarenessUpdate(held, [id]));
    },
    fullState: () => encodeAwarenessUpdate(held, [...held.getStates().keys()]),
    apply: (bytes) => applyAwarenessUpdate(held, bytes, undefined),
    names: () => namesByNumber([...held.getStates()].map(([id, { name }]) => [id, name as string])),
    end: () => doc.destroy(),
  };
}
