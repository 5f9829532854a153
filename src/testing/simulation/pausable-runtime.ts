import type { Listener, PubSub } from "../../pubsub/pubsub.ts";
import type { Clock } from "../../time/clock.ts";
import type { EventQueue } from "../event-queue.ts";

/** What a process is made with. */
export interface PausableRuntimeOptions {
  readonly queue: EventQueue;
  /** The wall clock of its machine. */
  readonly wallNow: () => number;
  /** Runs each piece of its work, so that somebody can look before and after. */
  readonly work: (task: () => void) => void;
  /** Told of each message before its listener is. */
  readonly heard: (bytes: Uint8Array) => void;
  /** Told of each message that it sends. */
  readonly sent: (bytes: Uint8Array) => void;
}

type Kind = "timer" | "delivery";

/**
 * One process of a simulation: its view of time, and its door to the network. While it is paused nothing of it runs:
 * timers and deliveries are held until it resumes. Once it is stopped nothing of it ever runs again.
 */
export class PausableRuntime {
  readonly clock: Clock;
  readonly #options: PausableRuntimeOptions;
  #state: "running" | "paused" | "stopped" = "running";
  #held: { readonly kind: Kind; readonly task: () => void }[] = [];
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

  /** Runs on: with all timers that came due meanwhile, and all messages that came in, those first or these. */
  resume(timersFirst: boolean): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    const held = this.#held;
    this.#held = [];
    const first = timersFirst ? "timer" : "delivery";
    for (const { kind, task } of held) if (kind === first) this.#soon(kind, task);
    for (const { kind, task } of held) if (kind !== first) this.#soon(kind, task);
  }

  /** As by SIGKILL: the broker drops its subscriptions, and what it sent goes on its way. */
  stop(): void {
    this.#state = "stopped";
    this.#held = [];
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions.clear();
  }

  /** The pub/sub as this process gets to use it. */
  wrap(inner: PubSub): PubSub {
    const doors = new Map<string, Map<Listener, () => void>>();
    const close = (topic: string, listener: Listener) => {
      doors.get(topic)?.get(listener)?.();
      doors.get(topic)?.delete(listener);
    };
    return {
      ...(inner.maxMessageBytes === undefined ? {} : { maxMessageBytes: inner.maxMessageBytes }),
      subscribe: (topic, listener) => {
        close(topic, listener);
        let isOpen = true;
        const hear: Listener = (bytes) => {
          this.#run("delivery", () => {
            if (!isOpen) return;
            this.#options.heard(bytes);
            listener(bytes);
          });
        };
        const stop = () => {
          isOpen = false;
          this.#subscriptions.delete(stop);
          void inner.unsubscribe(topic, hear);
        };
        this.#subscriptions.add(stop);
        if (!doors.has(topic)) doors.set(topic, new Map());
        doors.get(topic)!.set(listener, stop);
        return inner.subscribe(topic, hear);
      },
      unsubscribe: (topic, listener) => close(topic, listener),
      publish: (topic, bytes) => {
        this.#options.sent(bytes);
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

  #soon(kind: Kind, task: () => void): void {
    this.#options.queue.add(() => this.#run(kind, task), 0);
  }

  #run(kind: Kind, task: () => void): void {
    if (this.#state === "running") this.#options.work(task);
    else if (this.#state === "paused") this.#held.push({ kind, task });
  }
}
