import cluster, { type Worker } from "node:cluster";
import { type IpcMessage, IpcSender, isIpcMessage } from "./ipc.ts";
import type { TopicListeners } from "./topic-listeners.ts";

/**
 * Runs in the primary. It knows the topics of each worker and relays a message only to workers that subscribed to
 * it.
 */
class ClusterRelay {
  /** The worker of each subscribed pub/sub, by topic and by id of the pub/sub. A worker may have several pub/subs. */
  readonly #subscribers = new Map<string, Map<string, Worker>>();
  readonly #senders = new WeakMap<Worker, IpcSender>();
  /** The listeners of the primary's own pub/subs. */
  readonly #primaryListeners = new Set<TopicListeners>();

  /** Adds a pub/sub of the primary. The first one starts the relay. */
  join(listeners: TopicListeners): void {
    this.#primaryListeners.add(listeners);
    if (this.#primaryListeners.size > 1) return;
    cluster.on("message", this.#onMessage);
    cluster.on("disconnect", this.#onWorkerGone);
    cluster.on("exit", this.#onWorkerGone);
    // Workers that subscribed before the relay started must subscribe again.
    for (const worker of Object.values(cluster.workers ?? {}))
      this.#send(worker!, { type: "rollcall:ready" });
  }

  /** Removes a pub/sub of the primary. The last one stops the relay. */
  leave(listeners: TopicListeners): void {
    this.#primaryListeners.delete(listeners);
    if (this.#primaryListeners.size > 0) return;
    cluster.off("message", this.#onMessage);
    cluster.off("disconnect", this.#onWorkerGone);
    cluster.off("exit", this.#onWorkerGone);
    this.#subscribers.clear();
  }

  publish(topic: string, bytes: Uint8Array): void {
    if (this.#subscribers.has(topic)) this.#relay(topic, Buffer.from(bytes).toString("base64"));
    const message = new Uint8Array(bytes);
    queueMicrotask(() => this.#deliver(topic, message));
  }

  readonly #onMessage = (worker: Worker, message: unknown): void => {
    if (!isIpcMessage(message)) return;
    if (message.type === "rollcall:publish") {
      this.#relay(message.topic, message.bytes);
      this.#deliver(message.topic, Buffer.from(message.bytes, "base64"));
    } else if (message.type === "rollcall:subscribe") {
      const { pubSubId, topic, requestId } = message;
      const subscribers = this.#subscribers.get(topic) ?? new Map<string, Worker>();
      this.#subscribers.set(topic, subscribers.set(pubSubId, worker));
      this.#send(worker, { type: "rollcall:subscribed", pubSubId, topic, requestId });
    } else if (message.type === "rollcall:unsubscribe") {
      this.#remove(message.topic, (pubSubId) => pubSubId === message.pubSubId);
    } else if (message.type === "rollcall:leave") {
      this.#removeEverywhere((pubSubId) => pubSubId === message.pubSubId);
    }
  };

  readonly #onWorkerGone = (gone: Worker): void => this.#removeEverywhere((_, worker) => worker === gone);

  #removeEverywhere(isGone: (pubSubId: string, worker: Worker) => boolean): void {
    for (const topic of [...this.#subscribers.keys()]) this.#remove(topic, isGone);
  }

  #remove(topic: string, isGone: (pubSubId: string, worker: Worker) => boolean): void {
    const subscribers = this.#subscribers.get(topic);
    for (const [pubSubId, worker] of subscribers ?? [])
      if (isGone(pubSubId, worker)) subscribers!.delete(pubSubId);
    if (subscribers?.size === 0) this.#subscribers.delete(topic);
  }

  #relay(topic: string, bytes: string): void {
    const workers = new Set(this.#subscribers.get(topic)?.values());
    for (const worker of workers) this.#send(worker, { type: "rollcall:message", topic, bytes });
  }

  #deliver(topic: string, bytes: Uint8Array): void {
    for (const listeners of this.#primaryListeners) listeners.deliver(topic, bytes);
  }

  #send(worker: Worker, message: IpcMessage): void {
    const sender = this.#senders.get(worker) ?? new IpcSender(worker);
    this.#senders.set(worker, sender);
    // A worker that died or stopped reading misses messages. The trackers recover from that.
    sender.send(message).catch(() => {});
  }
}

/** Changes when copies of the package with another `ClusterRelay` could not share it. */
const KEY = Symbol.for("rollcall:cluster-relay:1");
const globals = globalThis as { [KEY]?: ClusterRelay };
globals[KEY] ??= new ClusterRelay();

/**
 * The only relay of the process: a second one would relay every message twice. Copies of the package share it, as a process
 * may load one by `import`, one by `require`, and one in the bundle of a framework.
 */
export const clusterRelay: ClusterRelay = globals[KEY];
