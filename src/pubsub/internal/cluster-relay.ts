import cluster, { type Worker } from "node:cluster";
import { type IpcMessage, IpcSender, isIpcMessage } from "./ipc.ts";
import type { TopicListeners } from "./topic-listeners.ts";

/** In the primary: knows which workers subscribed to what, and carries messages to just those. */
class ClusterRelay {
  /** By topic, then by pub/sub: a worker may have several. */
  readonly #members = new Map<string, Map<string, Worker>>();
  readonly #outlets = new WeakMap<Worker, IpcSender>();
  /** The pub/subs of the primary itself. */
  readonly #locals = new Set<TopicListeners>();

  /** The first to join starts it. */
  join(local: TopicListeners): void {
    this.#locals.add(local);
    if (this.#locals.size > 1) return;
    cluster.on("message", this.#onMessage);
    cluster.on("disconnect", this.#onGone);
    cluster.on("exit", this.#onGone);
    // Those that subscribed before somebody listened have to do it again.
    for (const worker of Object.values(cluster.workers ?? {}))
      this.#send(worker!, { type: "rollcall:ready" });
  }

  /** The last to leave ends it. */
  leave(local: TopicListeners): void {
    this.#locals.delete(local);
    if (this.#locals.size > 0) return;
    cluster.off("message", this.#onMessage);
    cluster.off("disconnect", this.#onGone);
    cluster.off("exit", this.#onGone);
    this.#members.clear();
  }

  publish(topic: string, bytes: Uint8Array): void {
    if (this.#members.has(topic)) this.#relay(topic, Buffer.from(bytes).toString("base64"));
    const message = new Uint8Array(bytes);
    queueMicrotask(() => this.#deliver(topic, message));
  }

  readonly #onMessage = (worker: Worker, message: unknown): void => {
    if (!isIpcMessage(message)) return;
    if (message.type === "rollcall:publish") {
      this.#relay(message.topic, message.bytes);
      this.#deliver(message.topic, Buffer.from(message.bytes, "base64"));
    } else if (message.type === "rollcall:subscribe") {
      const { member, topic, ask } = message;
      const members = this.#members.get(topic) ?? new Map<string, Worker>();
      this.#members.set(topic, members.set(member, worker));
      this.#send(worker, { type: "rollcall:subscribed", member, topic, ask });
    } else if (message.type === "rollcall:unsubscribe") {
      this.#remove(message.topic, (member) => member === message.member);
    } else if (message.type === "rollcall:leave") {
      this.#removeEverywhere((member) => member === message.member);
    }
  };

  readonly #onGone = (gone: Worker): void => this.#removeEverywhere((_, worker) => worker === gone);

  #removeEverywhere(isGone: (member: string, worker: Worker) => boolean): void {
    for (const topic of [...this.#members.keys()]) this.#remove(topic, isGone);
  }

  #remove(topic: string, isGone: (member: string, worker: Worker) => boolean): void {
    const members = this.#members.get(topic);
    for (const [member, worker] of members ?? []) if (isGone(member, worker)) members!.delete(member);
    if (members?.size === 0) this.#members.delete(topic);
  }

  #relay(topic: string, bytes: string): void {
    const workers = new Set(this.#members.get(topic)?.values());
    for (const worker of workers) this.#send(worker, { type: "rollcall:message", topic, bytes });
  }

  #deliver(topic: string, bytes: Uint8Array): void {
    for (const local of this.#locals) local.deliver(topic, bytes);
  }

  #send(worker: Worker, message: IpcMessage): void {
    const outlet = this.#outlets.get(worker) ?? new IpcSender(worker);
    this.#outlets.set(worker, outlet);
    // A worker that is gone, or does not read, misses messages; to heal that is the trackers' business.
    outlet.send(message).catch(() => {});
  }
}

/** One for the process: a second would carry everything twice. */
export const clusterRelay: ClusterRelay = new ClusterRelay();
