import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import { Doc } from "yjs";
import { type ComparedReplica, namesByNumber } from "./compared-replica.ts";

/** The awareness of y-protocols: one state per client, of which the latest wins. */
export function yAwareness(): ComparedReplica<Uint8Array> {
  const doc = new Doc();
  const local = new Awareness(doc);
  local.setLocalState(null);
  let updates: number[] = [];
  return {
    set(id, name) {
      // An awareness sets the state of one client only, so it becomes a new client each time.
      local.clientID = id;
      local.meta.set(id, { clock: 0, lastUpdated: 0 });
      local.setLocalState({ name });
      updates.push(id);
    },
    takeUpdates() {
      const ids = updates;
      updates = [];
      return ids.map((id) => encodeAwarenessUpdate(local, [id]));
    },
    fullState: () => encodeAwarenessUpdate(local, [...local.getStates().keys()]),
    apply: (bytes) => applyAwarenessUpdate(local, bytes, undefined),
    names: () => namesByNumber([...local.getStates()].map(([id, { name }]) => [id, name as string])),
    end: () => doc.destroy(),
  };
}
