import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Forces a collection, of all that nothing but `WeakRef`s holds. */
export async function collectGarbage(): Promise<void> {
  // A `WeakRef` holds what it was made of, or asked for, until the turn of the event loop is over.
  await new Promise((resolve) => setImmediate(resolve));
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
