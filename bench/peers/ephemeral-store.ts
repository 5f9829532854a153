import { EphemeralStore } from "loro-crdt/base64";
import { type ComparedReplica, namesByNumber } from "./compared-replica.ts";

/** Longer than any run: it forgets what is not set again. */
const TIMEOUT_MS = 3_600_000;

/** The EphemeralStore of Loro, which is WebAssembly: a value for each key, the latest of which wins. */
export function ephemeralStore(): ComparedReplica<Uint8Array> {
  const store = new EphemeralStore<Record<string, { name: string }>>(TIMEOUT_MS);
  let news: string[] = [];
  return {
    set(id, name) {
      const key = String(id);
      store.set(key, { name });
      news.push(key);
    },
    takeUpdates() {
      const keys = news;
      news = [];
      return keys.map((key) => store.encode(key));
    },
    fullState: () => store.encodeAll(),
    apply: (bytes) => store.apply(bytes),
    names: () =>
      namesByNumber(Object.entries(store.getAllStates()).map(([key, value]) => [key, value!.name])),
    end: () => store.destroy(),
  };
}
