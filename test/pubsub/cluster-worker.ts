import cluster from "node:cluster";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { servePubSub } from "./remote-pubsub.ts";

// A worker of a cluster. On request it keeps the contract by itself, or lets the primary use its pub/sub.

interface Request {
  readonly rule?: string;
  readonly serve?: { readonly subscribeTimeoutMs?: number };
  readonly act?: string;
  readonly type?: string;
  readonly bytes?: string;
}

const tell = (message: object): void => void process.send!(message, undefined, undefined, () => {});

process.on("message", async (message: Request | null) => {
  if (typeof message !== "object" || message === null) return;
  if (message.rule !== undefined) tell(await keep(message.rule));
  if (message.serve !== undefined) serve(message.serve);
  if (message.act === "say hello") tell({ said: "hello" });
  if (message.act === "chatter") {
    const pubsub = clusterPubSub();
    setInterval(() => void pubsub.publish("lobby", new Uint8Array(100_000)));
  }
});

// What is sent to a worker of node:cluster before it listens is lost.
tell({ listening: true });

async function keep(wanted: string): Promise<object> {
  const { rule, run } = pubSubContract.find(({ rule }) => rule === wanted)!;
  const [alice, bob] = [clusterPubSub(), clusterPubSub()];
  try {
    await run({ alice, bob, topic: `in-one:${pubSubContract.findIndex((one) => one.rule === rule)}` });
    return { kept: rule };
  } catch (error) {
    return { broken: rule, why: String(error) };
  } finally {
    await Promise.all([alice.close(), bob.close()]);
  }
}

/** All that reached this process of ours is counted, to see that nothing came in vain. */
function serve(options: { subscribeTimeoutMs?: number }): void {
  const pubsub = clusterPubSub(options);
  let carried = 0;
  process.on("message", (message: Request | null) => {
    if (message?.type === "rollcall:message" && message.bytes !== undefined) carried += 1;
    if (message?.act === "count") tell({ carried });
    if (message?.act === "disconnect") {
      const told: boolean[] = [];
      pubsub.watchConnection!((isConnected) => told.push(isConnected));
      process.once("disconnect", () => void afterwards(told));
      cluster.worker!.disconnect();
    }
  });
  servePubSub(pubsub, { post: tell, onMessage: (listener) => process.on("message", listener) });
  tell({ serving: true });

  /** Exits with what it found, as nothing else can be said any more. */
  async function afterwards(told: boolean[]): Promise<void> {
    const code = await Promise.resolve(pubsub.publish("lobby", new Uint8Array(1))).then(
      () => "published",
      (error: { code: string }) => error.code,
    );
    process.exit(code === "TRANSPORT" && told.join() === "true,false" ? 42 : 1);
  }
}
