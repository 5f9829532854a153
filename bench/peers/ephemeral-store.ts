import { EphemeralStore } from "loro-crdt/base64";
import { type ComparedReplica, namesByNumber } from "./compared-replica.ts";

/** Entries expire after this time, which is longer than any run. */
const TIMEOUT_MS = 3_600_000;

/** The EphemeralStore of Loro, in WebAssembly: one value per key, of which the latest wins. */
export function ephemeralStore(): ComparedReplica<Uint8Array> {
  const store = new EphemeralStore<Record<string, { name: string }>>(TIMEOUT_MS);
  let updates: string[] = [];
  return {
    set(id, name) {
      const key = String(id);
      store.set(key, { name });
      updates.push(key);
    },
    takeUpdates() {
      const keys = updates;
      updates = [];
      return keys.map((key) => store.encode(key));
    },
    fullState: () => store.encodeAll(),
    apply: (bytes) => store.apply(bytes),
    names: () =>
      namesByNumber(Object.entries(store.getAllStates()).map(([key, value]) => [key, value!.name])),
    end: () => store.destroy(),
  };
}
