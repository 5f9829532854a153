import type { PubSub } from "../pubsub/pubsub.ts";

/** A running tracker or presence, as far as copies of the package must know of it. */
interface Instance {
  readonly clusterName: string;
  readonly replicaName: string | undefined;
  readonly pubsub: PubSub;
}

/** Copies of the package share the list, because a dev server may load the package again too. */
const KEY = Symbol.for("rollcall:instances:1");
const globals = globalThis as { [KEY]?: { readonly open: Set<Instance>; hasWarned: boolean } };

/**
 * Notes that a tracker runs, until the returned function is called. In development, it warns about the first one that a dev
 * server seems to have created twice: it has the names of another one, but a pub/sub of its own. With hot module
 * replacement, the module that creates the tracker runs again, and nothing closes the earlier one. Nodes that a program
 * opens on purpose have different names, or share their pub/sub.
 */
export function registerInstance({ clusterName, replicaName, pubsub }: Instance): () => void {
  globals[KEY] ??= { open: new Set(), hasWarned: false };
  const instances = globals[KEY];
  const isTwin = (other: Instance) =>
    other.clusterName === clusterName && other.replicaName === replicaName && other.pubsub !== pubsub;
  if (!instances.hasWarned && [...instances.open].some(isTwin) && isDevelopment()) {
    instances.hasWarned = true;
    process.emitWarning(
      `A second tracker or presence of the cluster "${clusterName}" runs in this process, with a pub/sub of its own, while ` +
        "the first is open. A dev server that runs a module again causes this: users are split between the two, or count " +
        "twice. Keep the presence on globalThis, so that the module finds it again: " +
        "globalThis.presence ??= createPresence(options). If you need both, give them different names. " +
        "See docs/environments.md.",
      { type: "RollcallWarning", code: "ROLLCALL_DOUBLE_INSTANCE" },
    );
  }
  const instance = { clusterName, replicaName, pubsub };
  instances.open.add(instance);
  return () => void instances.open.delete(instance);
}

/** Dev servers set NODE_ENV; test runners set it to "test", and the programs of users to "production" or not at all. */
function isDevelopment(): boolean {
  try {
    return process.env["NODE_ENV"] === "development";
  } catch {
    // Deno without permission to read it.
    return false;
  }
}
