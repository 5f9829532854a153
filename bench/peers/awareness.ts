import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import { Doc } from "yjs";
import { inOrder, type Replica } from "./compared-replica.ts";

/** The awareness of y-protocols: a state for each client, the latest of which wins. */
export function awareness(): Replica<Uint8Array> {
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
    takeNews() {
      const ids = news;
      news = [];
      return ids.map((id) => encodeAwarenessUpdate(held, [id]));
    },
    everything: () => encodeAwarenessUpdate(held, [...held.getStates().keys()]),
    apply: (bytes) => applyAwarenessUpdate(held, bytes, undefined),
    names: () => inOrder([...held.getStates()].map(([id, { name }]) => [id, name as string])),
    end: () => doc.destroy(),
  };
}
