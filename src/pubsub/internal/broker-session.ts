import { reasonOf } from "../../checks/reason-of.ts";
import { TransportError } from "../../errors.ts";
import type { Listener, PubSub } from "../pubsub.ts";
import { Echo, type EchoBroker } from "./echo.ts";
import { RetryTimer } from "./retry-timer.ts";
import { TopicListeners } from "./topic-listeners.ts";
import { withTimeout } from "./with-timeout.ts";

/**
 * A broker as `BrokerSession` uses it. Each driver implements it with its client. Closed sessions only call
 * `unsubscribe`.
 */
export interface BrokerClient {
  /** The subject of error messages, such as `The Redis server`. */
  readonly name: string;
  /** Whether the client can receive messages, as far as it knows. */
  canReceive(): boolean;
  /** Whether the client can publish messages, as far as it knows. */
  canPublish(): boolean;
  /** Asks the broker for the messages of a topic, even if it was asked before. Resolves once they arrive. */
  subscribe(topic: string): Promise<unknown>;
  /**
   * Stops the messages of a topic. The session delivers none of them afterwards, even if the broker still sends
   * some.
   */
  unsubscribe(topic: string): Promise<unknown>;
  /** Sends a copy of the bytes. Settles once the broker has the message, or once the client knows that it has not. */
  publish(topic: string, bytes: Buffer): Promise<unknown>;
  /** Connects clients that wait for a call to connect. Called before each subscription. */
  wake?(): void;
  /** The last error of a client that is not connected, to explain that. */
  lastFailure?(): unknown;
  /** How the session proves that it hears what it publishes. Without it, the session believes the broker. */
  readonly echo?: {
    /** What to check if nothing comes back. Full sentences. */
    readonly advice: string;
    /** Whether the broker refuses the topic to this user. */
    isRefusal(error: unknown): boolean;
    /** Publishes from another session, if `publish` uses the session that receives. See `EchoBroker.publish`. */
    publish?(topic: string, bytes: Buffer, attempt: Promise<void>): Promise<unknown>;
  };
}

/** How much may wait for a broker that stopped reading. The client libraries set no limit. */
const MAX_WAITING_BYTES = 16_777_216;

/**
 * A pub/sub over a broker. It keeps the listeners, limits the bytes that wait to be sent, and subscribes again
 * after a lost connection. The driver calls `connectionChanged` whenever the connection may have changed, and
 * `deliver` for each message.
 */
export class BrokerSession {
  readonly #broker: BrokerClient;
  readonly #subscribeTimeoutMs: number;
  readonly #listeners = new TopicListeners();
  readonly #watchers = new Set<(isConnected: boolean) => void>();
  readonly #retryTimer = new RetryTimer(() => void this.#restore());
  readonly #echo: Echo | undefined;
  /** The state that watchers last received: connected, and subscribed to every topic. */
  #isConnected: boolean;
  /** Counts lost connections, so that an answer on an earlier connection is not taken for one on the current. */
  #losses = 0;
  #waitingBytes = 0;

  constructor(broker: BrokerClient, subscribeTimeoutMs: number) {
    this.#broker = broker;
    this.#subscribeTimeoutMs = subscribeTimeoutMs;
    this.#isConnected = this.#isReady;
    this.#echo = broker.echo && new Echo(echoBroker(broker, broker.echo), subscribeTimeoutMs);
  }

  /** The public side of the session. Its `close` calls `detach` once, so that the driver can release its client. */
  pubSub(detach: () => Promise<void> | void): PubSub {
    return {
      subscribe: (topic, listener) => this.#subscribe(topic, listener),
      unsubscribe: (topic, listener) => this.#unsubscribe(topic, listener),
      publish: (topic, bytes) => this.#publish(topic, bytes),
      watchConnection: (watcher) => this.#watchConnection(watcher),
      close: async () => {
        if (this.#close()) await detach();
      },
    };
  }

  deliver(topic: string, bytes: Uint8Array): void {
    if (this.#echo?.receive(topic, bytes)) return;
    this.#listeners.deliver(topic, bytes);
  }

  /** Whether the topic serves only to prove that messages come back. */
  isProof(topic: string): boolean {
    return this.#echo?.has(topic) === true;
  }

  /** Compares the state of the client with the known one. It is safe to call when nothing has changed. */
  connectionChanged(): void {
    if (!this.#isReady) {
      this.#losses += 1;
      this.#retryTimer.stop();
      this.#notifyWatchers(false);
    } else if (!this.#isConnected) {
      void this.#restore();
    }
  }

  /**
   * Asks the broker even for a topic that is already subscribed: a tracker thereby repairs a silently lost
   * subscription.
   */
  async #subscribe(topic: string, listener: Listener): Promise<void> {
    this.#listeners.add(topic, listener);
    this.#broker.wake?.();
    try {
      await this.#subscribeAtBroker(topic);
      await this.#echo?.prove(topic);
    } catch (error) {
      // The listener stays until `unsubscribe`, so the session keeps trying.
      this.#retryTimer.start();
      throw error;
    }
  }

  #unsubscribe(topic: string, listener: Listener): void {
    if (!this.#listeners.remove(topic, listener)) return;
    this.#unsubscribeAtBroker(topic);
    if (this.#listeners.topics().length === 0) this.#echo?.cancel(false);
  }

  async #publish(topic: string, bytes: Uint8Array): Promise<void> {
    this.#listeners.assertCanPublish(bytes);
    // A disconnected client would queue the message and send it when it is outdated.
    if (!this.#broker.canPublish()) {
      throw new TransportError(`${this.#broker.name} is not connected. The message was dropped.`);
    }
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      throw new TransportError(
        `${this.#broker.name} does not read: ${this.#waitingBytes} bytes wait already, and at most ` +
          `${MAX_WAITING_BYTES} may. The message was dropped.`,
      );
    }
    this.#waitingBytes += bytes.length;
    try {
      await this.#broker.publish(topic, Buffer.from(bytes));
    } catch (cause) {
      throw this.#failure("did not accept a message", cause);
    } finally {
      this.#waitingBytes -= bytes.length;
    }
  }

  #watchConnection(watcher: (isConnected: boolean) => void): () => void {
    const own = (isConnected: boolean) => watcher(isConnected);
    this.#watchers.add(own);
    own(this.#isConnected);
    return () => void this.#watchers.delete(own);
  }

  /** Does not wait for the broker to confirm. Returns whether the session was open. */
  #close(): boolean {
    const topics = this.#listeners.topics();
    if (!this.#listeners.close()) return false;
    this.#retryTimer.stop();
    this.#watchers.clear();
    for (const topic of topics) this.#unsubscribeAtBroker(topic);
    this.#echo?.cancel(true);
    return true;
  }

  /** Subscribes to every topic again, and then reports that the session is connected. */
  async #restore(): Promise<void> {
    const losses = this.#losses;
    try {
      const topics = [...this.#listeners.topics(), ...(this.#echo?.topics ?? [])];
      await Promise.all(topics.map((topic) => this.#subscribeAtBroker(topic, { isInBackground: true })));
    } catch {
      // After a loss, the return of the connection restores. A client that gave up may report no return.
      if (losses === this.#losses || this.#isReady) this.#retryTimer.start();
      return;
    }
    if (losses !== this.#losses) return;
    // Subscribed, but it can't publish yet: `connectionChanged` will restore again once it can.
    if (!this.#isReady) return;
    this.#retryTimer.stop();
    this.#notifyWatchers(true);
  }

  get #isReady(): boolean {
    return this.#broker.canReceive() && this.#broker.canPublish();
  }

  #notifyWatchers(isConnected: boolean): void {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    for (const watcher of [...this.#watchers]) watcher(isConnected);
  }

  async #subscribeAtBroker(topic: string, { isInBackground = false } = {}): Promise<void> {
    try {
      await withTimeout(this.#broker.subscribe(topic), this.#subscribeTimeoutMs, { isInBackground });
    } catch (cause) {
      throw this.#failure(`did not subscribe to ${topic}`, cause);
    }
  }

  /** If it fails, unwanted messages arrive until the connection ends, and no listener gets them. */
  #unsubscribeAtBroker(topic: string): void {
    this.#broker.unsubscribe(topic).catch(() => {});
  }

  #failure(action: string, cause: unknown): TransportError {
    const advice = this.#isReady ? "" : notConnected(this.#broker.lastFailure?.(), cause);
    return new TransportError(`${this.#broker.name} ${action}: ${reasonOf(cause)}.${advice}`, { cause });
  }
}

/** The advice of an error while a client is not connected. It has the reason, unless that is the error itself. */
function notConnected(lastFailure: unknown, cause: unknown): string {
  const isKnown = lastFailure === undefined || lastFailure === cause;
  const because = isKnown ? "" : ` Its last error was: ${reasonOf(lastFailure)}.`;
  return ` Its client is not connected: connect it, and check that the server is reachable.${because}`;
}

function echoBroker(broker: BrokerClient, echo: NonNullable<BrokerClient["echo"]>): EchoBroker {
  return {
    name: broker.name,
    advice: echo.advice,
    canPublish: () => broker.canPublish(),
    subscribe: (topic) => broker.subscribe(topic),
    unsubscribe: (topic) => broker.unsubscribe(topic),
    publish: (topic, bytes, attempt) =>
      echo.publish === undefined ? broker.publish(topic, bytes) : echo.publish(topic, bytes, attempt),
    isRefusal: (error) => echo.isRefusal(error),
    lastFailure: () => broker.lastFailure?.(),
  };
}
