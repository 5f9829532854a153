import cluster from "node:cluster";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { servePubSub } from "./remote-pubsub.ts";

// A worker of a cluster. On request it checks a rule of the contract by itself, or lets the primary use its pub/sub.

interface WorkerRequest {
  readonly rule?: string;
  readonly serve?: { readonly subscribeTimeoutMs?: number };
  readonly act?: string;
  readonly type?: string;
  readonly bytes?: string;
}

const send = (message: object): void => void process.send!(message, undefined, undefined, () => {});

process.on("message", async (message: WorkerRequest | null) => {
  if (typeof message !== "object" || message === null) return;
  if (message.rule !== undefined) send(await runRule(message.rule));
  if (message.serve !== undefined) serve(message.serve);
  if (message.act === "reply") send({ replied: true });
  if (message.act === "publish forever") {
    const pubsub = clusterPubSub();
    setInterval(() => void pubsub.publish("lobby", new Uint8Array(100_000)));
  }
});

// A message to a worker of node:cluster is lost unless the worker listens already.
send({ listening: true });

async function runRule(name: string): Promise<object> {
  const { rule, run } = pubSubContract.find(({ rule }) => rule === name)!;
  const [alice, bob] = [clusterPubSub(), clusterPubSub()];
  try {
    await run({ alice, bob, topic: `in-one:${pubSubContract.findIndex((one) => one.rule === rule)}` });
    return { passed: rule };
  } catch (error) {
    return { failed: rule, reason: String(error) };
  } finally {
    await Promise.all([alice.close(), bob.close()]);
  }
}

/**
 * Serves a pub/sub to the primary. It counts the messages that reach this process, so that a test notices unwanted
 * ones.
 */
function serve(options: { subscribeTimeoutMs?: number }): void {
  const pubsub = clusterPubSub(options);
  let receivedMessages = 0;
  process.on("message", (message: WorkerRequest | null) => {
    if (message?.type === "rollcall:message" && message.bytes !== undefined) receivedMessages += 1;
    if (message?.act === "count") send({ receivedMessages });
    if (message?.act === "disconnect") {
      const states: boolean[] = [];
      pubsub.watchConnection!((isConnected) => states.push(isConnected));
      process.once("disconnect", () => void exitWithResult(states));
      cluster.worker!.disconnect();
    }
  });
  servePubSub(pubsub, { post: send, onMessage: (listener) => process.on("message", listener) });
  send({ serving: true });

  /** Reports the result as the exit code, because the channel to the primary is closed. */
  async function exitWithResult(states: boolean[]): Promise<void> {
    const code = await Promise.resolve(pubsub.publish("lobby", new Uint8Array(1))).then(
      () => "published",
      (error: { code: string }) => error.code,
    );
    process.exit(code === "TRANSPORT" && states.join() === "true,false" ? 42 : 1);
  }
}
