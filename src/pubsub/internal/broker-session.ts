import { TransportError } from "../../errors.ts";
import type { Listener, PubSub } from "../pubsub.ts";
import type { BrokerClient } from "./broker.ts";
import { RetryTimer } from "./retry-timer.ts";
import { TopicListeners } from "./topic-listeners.ts";
import { withTimeout } from "./with-timeout.ts";

/** What may wait for a broker that does not read: clients themselves set no bound. */
const MAX_WAITING_BYTES = 16_777_216;

/**
 * A pub/sub over a broker: who listens, what is on its way, and whether the connection holds. The driver says
 * `connectionChanged` whenever it may have, and `deliver` for each message.
 */
export class BrokerSession {
  readonly #broker: BrokerClient;
  readonly #subscribeTimeoutMs: number;
  readonly #listeners = new TopicListeners();
  readonly #watchers = new Set<(isConnected: boolean) => void>();
  readonly #retryTimer = new RetryTimer(() => void this.#restore());
  /** What watchers were told last: subscribed to everything. */
  #isConnected: boolean;
  /** Counts losses, so that what was begun before one says nothing about the connection after it. */
  #losses = 0;
  #waitingBytes = 0;

  constructor(broker: BrokerClient, subscribeTimeoutMs: number) {
    this.#broker = broker;
    this.#subscribeTimeoutMs = subscribeTimeoutMs;
    this.#isConnected = this.#isReady;
  }

  /** It as its user sees it. `detach` is called when it is closed, once, for the driver to let go of its client. */
  pubSub(detach: () => Promise<void> | void): PubSub {
    return {
      subscribe: (topic, listener) => this.#subscribe(topic, listener),
      unsubscribe: (topic, listener) => this.#unsubscribe(topic, listener),
      publish: (topic, bytes) => this.#publish(topic, bytes),
      watchConnection: (watcher) => this.#watch(watcher),
      close: async () => {
        if (this.#close()) await detach();
      },
    };
  }

  deliver(topic: string, bytes: Uint8Array): void {
    this.#listeners.deliver(topic, bytes);
  }

  /** The connection is lost, or back, or nothing of it: the broker is asked how it is. */
  connectionChanged(): void {
    if (!this.#isReady) {
      this.#losses += 1;
      this.#retryTimer.stop();
      this.#tell(false);
    } else if (!this.#isConnected) {
      void this.#restore();
    }
  }

  /** Asks the broker also where it has been asked: this is how a tracker wins back what was lost without a word. */
  async #subscribe(topic: string, listener: Listener): Promise<void> {
    this.#listeners.add(topic, listener);
    try {
      await this.#ask(topic);
    } catch (error) {
      // It is wanted until it is taken back.
      this.#retryTimer.start();
      throw error;
    }
  }

  #unsubscribe(topic: string, listener: Listener): void {
    if (this.#listeners.remove(topic, listener)) this.#drop(topic);
  }

  async #publish(topic: string, bytes: Uint8Array): Promise<void> {
    this.#listeners.assertCanPublish(bytes);
    // A client would keep it for later, when others know better already.
    if (!this.#broker.canPublish()) {
      throw new TransportError(
        `${this.#broker.name} is not connected. What is published meanwhile is dropped.`,
      );
    }
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      throw new TransportError(
        `${this.#waitingBytes} bytes wait already for ${this.#broker.name}, which does not take them, and at most ` +
          `${MAX_WAITING_BYTES} may. The message was dropped.`,
      );
    }
    this.#waitingBytes += bytes.length;
    try {
      await this.#broker.publish(topic, Buffer.from(bytes));
    } catch (cause) {
      throw this.#failure("did not take a message", cause);
    } finally {
      this.#waitingBytes -= bytes.length;
    }
  }

  #watch(watcher: (isConnected: boolean) => void): () => void {
    const own = (isConnected: boolean) => watcher(isConnected);
    this.#watchers.add(own);
    own(this.#isConnected);
    return () => void this.#watchers.delete(own);
  }

  /** Nobody waits for the broker to confirm it. Returns whether it was open until now. */
  #close(): boolean {
    const topics = this.#listeners.topics();
    if (!this.#listeners.close()) return false;
    this.#retryTimer.stop();
    this.#watchers.clear();
    for (const topic of topics) this.#drop(topic);
    return true;
  }

  /** It is back when it is subscribed to everything again. */
  async #restore(): Promise<void> {
    const losses = this.#losses;
    try {
      await Promise.all(this.#listeners.topics().map((topic) => this.#ask(topic)));
    } catch {
      if (losses === this.#losses) this.#retryTimer.start();
      return;
    }
    if (losses !== this.#losses) return;
    // Subscribed, but not heard yet: once it is, this is done again.
    if (!this.#isReady) return;
    this.#retryTimer.stop();
    this.#tell(true);
  }

  get #isReady(): boolean {
    return this.#broker.canReceive() && this.#broker.canPublish();
  }

  #tell(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    for (const watcher of [...this.#watchers]) watcher(isConnected);
  }

  async #ask(topic: string): Promise<void> {
    try {
      await withTimeout(this.#broker.subscribe(topic), this.#subscribeTimeoutMs);
    } catch (cause) {
      throw this.#failure(`did not subscribe us to ${topic}`, cause);
    }
  }

  /** Where it fails, messages come in vain, until the connection ends. */
  #drop(topic: string): void {
    this.#broker.unsubscribe(topic).catch(() => {});
  }

  #failure(what: string, cause: unknown): TransportError {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, "");
    const advice = this.#isReady
      ? ""
      : " Its client is not connected: connect it, and see that the server can be reached.";
    return new TransportError(`${this.#broker.name} ${what}: ${reason}.${advice}`, { cause });
  }
}
