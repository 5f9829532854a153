import { randomBytes } from "node:crypto";
import { reasonOf } from "../../checks/reason-of.ts";
import { ClosedError, TransportError } from "../../errors.ts";

/** How long to wait for an echo before the next attempt, at first and at most. */
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 1_000;
const MAX_TOPIC_BYTES = 63;

/** The part of a broker that an `Echo` uses. */
export interface EchoBroker {
  /** The subject of error messages, such as `The Redis server`. */
  readonly name: string;
  /** What to check if the broker accepts messages but does not send them back. Full sentences. */
  readonly advice: string;
  canPublish(): boolean;
  subscribe(topic: string): Promise<unknown>;
  unsubscribe(topic: string): Promise<unknown>;
  /**
   * Publishes as the driver publishes its messages. `attempt` settles when the message has come back, or when it is
   * late.
   */
  publish(topic: string, bytes: Buffer, attempt: Promise<void>): Promise<unknown>;
  /**
   * Whether the broker refuses this user the topic. It has said so aloud then, so there is nothing to prove: a caller
   * may only listen, or use other topics.
   */
  isRefusal(error: unknown): boolean;
  /** Why the clients are not connected, as far as they know. */
  lastFailure(): unknown;
}

interface Proof {
  readonly nonce: Buffer;
  readonly end: (error?: Error) => void;
  readonly done: Promise<void>;
}

/**
 * Proves that messages which this process publishes come back to it through the broker: it publishes random bytes to a
 * topic of its own. That topic has the prefix of the topics that are in use and the length of a replica's, so that the
 * same permissions cover it, and no other process listens to it.
 *
 * A subscription that the broker confirmed proves less: a pooler may have given it to the session of another client, the
 * publisher may be connected to another server, and the server may be set up not to send a client its own messages.
 */
export class Echo {
  readonly #broker: EchoBroker;
  readonly #timeoutMs: number;
  /** The running proofs, by their topic. */
  readonly #proofs = new Map<string, Proof>();
  /** The topics of running proofs, by the prefix that they prove. */
  readonly #running = new Map<string, string>();

  constructor(broker: EchoBroker, timeoutMs: number) {
    this.#broker = broker;
    this.#timeoutMs = timeoutMs;
  }

  /** The topics of running proofs: a driver subscribes to them again after a lost connection. */
  get topics(): readonly string[] {
    return [...this.#proofs.keys()];
  }

  /** Takes a message that belongs to a proof. Returns whether it did. */
  receive(topic: string, bytes: Uint8Array): boolean {
    if (this.#proofs.size === 0) return false;
    const proof = this.#proofs.get(topic);
    if (proof === undefined) return false;
    if (proof.nonce.equals(bytes)) proof.end();
    return true;
  }

  has(topic: string): boolean {
    return this.#proofs.has(topic);
  }

  /**
   * Resolves once a message has come back, and rejects with advice if none does. Callers that ask at the same time, for
   * topics with the same prefix, share one proof.
   */
  async prove(topic: string): Promise<void> {
    const prefix = topic.slice(0, topic.lastIndexOf(":") + 1);
    const running = this.#running.get(prefix);
    if (running !== undefined) return this.#proofs.get(running)!.done;
    const ownTopic = topicWith(prefix);
    const proof = newProof();
    this.#proofs.set(ownTopic, proof);
    this.#running.set(prefix, ownTopic);
    // The caller waits, so this timer keeps the process alive.
    let reason: (() => Error) | undefined;
    const timer = setTimeout(() => proof.end(reason?.() ?? this.#unproven(0)), this.#timeoutMs);
    void this.#attempt(ownTopic, proof, (explain) => {
      reason = explain;
    });
    let unsubscribed = Promise.resolve();
    try {
      await proof.done;
    } finally {
      clearTimeout(timer);
      this.#proofs.delete(ownTopic);
      this.#running.delete(prefix);
      unsubscribed = this.#broker.unsubscribe(ownTopic).then(noop, noop);
    }
    // When the caller goes on, no request of ours is under way.
    await settledWithin(unsubscribed, this.#timeoutMs);
  }

  /** Ends all proofs, because no listener waits for messages any more. With `isClosed` they reject. */
  cancel(isClosed: boolean): void {
    for (const { end } of this.#proofs.values())
      end(isClosed ? new ClosedError("pub/sub", "subscribe") : undefined);
  }

  /** Publishes until the proof has ended. It never rejects. */
  async #attempt(topic: string, proof: Proof, explain: (reason: () => Error) => void): Promise<void> {
    let published = 0;
    const isRunning = () => this.#proofs.has(topic);
    const fail = (action: string) => (error: unknown) => {
      if (this.#broker.isRefusal(error)) proof.end();
      else
        explain(
          () => new TransportError(`${this.#broker.name} ${action}: ${reasonOf(error)}.`, { cause: error }),
        );
    };
    explain(() => this.#unproven(published));
    await this.#broker.subscribe(topic).catch(fail(`did not subscribe to ${topic}`));
    let isPublishing = false;
    for (let waitMs = FIRST_RETRY_MS; isRunning(); waitMs = Math.min(2 * waitMs, MAX_RETRY_MS)) {
      const attempt = settledWithin(proof.done, waitMs);
      // A broker that hangs gets one message, not one for each attempt.
      if (!isPublishing && this.#broker.canPublish()) {
        isPublishing = true;
        this.#broker
          .publish(topic, proof.nonce, attempt)
          .then(() => {
            published += 1;
            explain(() => this.#unproven(published));
          }, fail("did not accept a message"))
          .finally(() => {
            isPublishing = false;
          });
      }
      await attempt;
    }
  }

  #unproven(published: number): Error {
    const { name, advice } = this.#broker;
    if (published > 0) {
      return new TransportError(
        `${name} accepts our messages but does not send them back: ${published} were published, and none arrived ` +
          `within ${this.#timeoutMs} ms. A tracker needs to receive its own messages. ${advice}`,
      );
    }
    const cause = this.#broker.lastFailure();
    const because = cause === undefined ? "" : ` (${reasonOf(cause)})`;
    const what = this.#broker.canPublish()
      ? `${name} did not accept a message within ${this.#timeoutMs} ms${because}.`
      : `${name} can't get our messages: for ${this.#timeoutMs} ms its publishing client was not connected${because}.`;
    return new TransportError(`${what} Connect it, and check that the server is reachable.`, { cause });
  }
}

/** A topic that no other process uses. It is as long as the topic of a replica, if there is room for that. */
function topicWith(prefix: string): string {
  const room = MAX_TOPIC_BYTES - prefix.length;
  const name = randomBytes(9).toString("base64url");
  return room < 6 ? name : `${prefix}${name.slice(0, room)}`;
}

function newProof(): Proof {
  let end: Proof["end"] = () => {};
  const done = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error));
  });
  // Each caller handles its rejection; the attempts only wait for it.
  done.catch(() => {});
  return { nonce: randomBytes(16), end, done };
}

function noop(): void {}

/** Resolves when the promise settles, or after `ms`. */
function settledWithin(promise: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const finish = () => {
      clearTimeout(timer);
      resolve();
    };
    promise.then(finish, finish);
  });
}
