import type { Listener, PubSub } from "../../pubsub/pubsub.ts";
import type { Clock } from "../../time/clock.ts";
import type { EventQueue } from "../event-queue.ts";

export interface PausableRuntimeOptions {
  readonly queue: EventQueue;
  /** The wall clock of the process's machine. */
  readonly wallNow: () => number;
  /** Runs each timer and each delivery of the process. */
  readonly runTask: (task: () => void) => void;
  /** Called with each message before its listener is. */
  readonly onReceive: (bytes: Uint8Array) => void;
  /** Called with each message that the process sends. */
  readonly onSend: (bytes: Uint8Array) => void;
}

type TaskKind = "timer" | "delivery";

/**
 * The clock and the pub/sub of one simulated process. While the process is paused, its timers and deliveries wait until it
 * resumes. Once it has stopped, they never run again.
 */
export class PausableRuntime {
  readonly clock: Clock;
  readonly #options: PausableRuntimeOptions;
  #state: "running" | "paused" | "stopped" = "running";
  #waiting: { readonly kind: TaskKind; readonly task: () => void }[] = [];
  readonly #subscriptions = new Set<() => void>();

  constructor(options: PausableRuntimeOptions) {
    this.#options = options;
    const { queue, wallNow } = options;
    this.clock = {
      now: () => queue.now,
      wallNow,
      setTimer: (callback, delayMs) => this.#setTimer(callback, delayMs),
    };
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  get isPaused(): boolean {
    return this.#state === "paused";
  }

  pause(): void {
    if (this.#state === "running") this.#state = "paused";
  }

  /** Resumes the process. Runs the timers and deliveries that waited: all timers first, or all deliveries first. */
  resume(timersFirst: boolean): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    const waiting = this.#waiting;
    this.#waiting = [];
    const first = timersFirst ? "timer" : "delivery";
    for (const { kind, task } of waiting) if (kind === first) this.#queueTask(kind, task);
    for (const { kind, task } of waiting) if (kind !== first) this.#queueTask(kind, task);
  }

  /** Stops the process as SIGKILL does: the broker drops its subscriptions. Messages that it sent still arrive. */
  stop(): void {
    this.#state = "stopped";
    this.#waiting = [];
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions.clear();
  }

  /** Makes the pub/sub that the process uses. */
  wrap(inner: PubSub): PubSub {
    const unsubscribers = new Map<string, Map<Listener, () => void>>();
    const unsubscribe = (topic: string, listener: Listener) => {
      unsubscribers.get(topic)?.get(listener)?.();
      unsubscribers.get(topic)?.delete(listener);
    };
    return {
      ...(inner.maxMessageBytes === undefined ? {} : { maxMessageBytes: inner.maxMessageBytes }),
      subscribe: (topic, listener) => {
        unsubscribe(topic, listener);
        let isSubscribed = true;
        const receive: Listener = (bytes) => {
          this.#run("delivery", () => {
            if (!isSubscribed) return;
            this.#options.onReceive(bytes);
            listener(bytes);
          });
        };
        const stop = () => {
          isSubscribed = false;
          this.#subscriptions.delete(stop);
          void inner.unsubscribe(topic, receive);
        };
        this.#subscriptions.add(stop);
        if (!unsubscribers.has(topic)) unsubscribers.set(topic, new Map());
        unsubscribers.get(topic)!.set(listener, stop);
        return inner.subscribe(topic, receive);
      },
      unsubscribe,
      publish: (topic, bytes) => {
        this.#options.onSend(bytes);
        return inner.publish(topic, bytes);
      },
      watchConnection: (listener) => {
        let isWatching = true;
        let hasReturned = false;
        const stopInner = inner.watchConnection?.((isConnected) => {
          if (!hasReturned) listener(isConnected);
          else this.#run("delivery", () => isWatching && listener(isConnected));
        });
        hasReturned = true;
        if (stopInner !== undefined) this.#subscriptions.add(stopInner);
        return () => {
          isWatching = false;
          stopInner?.();
        };
      },
      close: async () => {},
    };
  }

  #setTimer(callback: () => void, delayMs: number): () => void {
    let isSet = true;
    const event = this.#options.queue.add(() => {
      this.#run("timer", () => {
        if (isSet) callback();
      });
    }, delayMs);
    return () => {
      isSet = false;
      event.cancel();
    };
  }

  #queueTask(kind: TaskKind, task: () => void): void {
    this.#options.queue.add(() => this.#run(kind, task), 0);
  }

  #run(kind: TaskKind, task: () => void): void {
    if (this.#state === "running") this.#options.runTask(task);
    else if (this.#state === "paused") this.#waiting.push({ kind, task });
  }
}
