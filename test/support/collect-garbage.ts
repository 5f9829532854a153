import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Forces a garbage collection. It also clears `WeakRef`s whose objects have no other reference. */
export async function collectGarbage(): Promise<void> {
  // After its creation and after `deref`, a `WeakRef` keeps its object until the turn of the event loop ends.
  await new Promise((resolve) => setImmediate(resolve));
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
