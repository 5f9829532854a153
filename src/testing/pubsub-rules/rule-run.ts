import { setTimeout as pause } from "node:timers/promises";
import { assertOptionsObject, checkArgument } from "../../checks/check-argument.ts";
import { assertPubSub } from "../../checks/check-pubsub.ts";
import type { Listener, PubSub } from "../../pubsub/pubsub.ts";
import { Inbox } from "./inbox.ts";

/**
 * The pub/subs and the topic that a rule is tried with.
 *
 * @example
 * const cast: ContractCast = { alice: pubsub, bob: pubsub, topic: "contract-1" };
 */
export interface ContractCast {
  /** A pub/sub of one node. A rule unsubscribes everything at its end, and may close the pub/sub. */
  readonly alice: PubSub;
  /** A pub/sub of another node: on another connection, in another process if possible. May be the same object as `alice`. */
  readonly bob: PubSub;
  /** The prefix of all topics of this run: at most 40 bytes. No other run may use it at the same time. */
  readonly topic: string;
  /**
   * How long to wait for a message before the rule fails, in ms. A run on a healthy transport never waits that long.
   * @defaultValue 5 000
   */
  readonly deadlineMs?: number;
  /**
   * Interrupts the connections of both nodes, as a restart of the broker does. Resolves as soon as they can reconnect.
   * Without it the rules about lost connections check nothing.
   */
  readonly interrupt?: () => Promise<void>;
}

/** How long to wait before a message that did not arrive is published again. */
const RETRY_MS = 20;

/** The check of one rule. Rejects if the driver breaks the rule. */
export type RuleCheck = (run: RuleRun) => Promise<void>;

/** One run of a rule: the pub/subs, and all that was subscribed during the run. */
export class RuleRun {
  readonly alice: PubSub;
  readonly bob: PubSub;
  readonly topic: string;
  readonly interrupt: (() => Promise<void>) | undefined;
  readonly #deadlineMs: number;
  readonly #subscriptions: (readonly [PubSub, string, Listener])[] = [];
  #fences = 0;

  constructor(cast: ContractCast) {
    assertOptionsObject(cast, "Pass { alice, bob, topic }.");
    const { alice, bob, topic, deadlineMs = 5_000, interrupt } = cast;
    assertPubSub(alice);
    assertPubSub(bob);
    const isTopic = typeof topic === "string" && /^[\w.:-]{1,40}$/.test(topic);
    checkArgument(
      "topic",
      topic,
      isTopic,
      "1 to 40 letters, digits or _ - . :",
      "Use another topic for each run.",
    );
    this.alice = alice;
    this.bob = bob;
    this.topic = topic;
    this.#deadlineMs = deadlineMs;
    this.interrupt = interrupt;
  }

  /** Subscribes a new inbox. It receives messages from the moment at which the promise resolves. */
  async listen(pubsub: PubSub, topic: string = this.topic): Promise<Inbox> {
    const inbox = this.inbox();
    await this.subscribe(pubsub, topic, inbox.listener);
    return inbox;
  }

  inbox(): Inbox {
    return new Inbox(this.#deadlineMs);
  }

  async subscribe(pubsub: PubSub, topic: string, listener: Listener): Promise<void> {
    this.#subscriptions.push([pubsub, topic, listener]);
    await pubsub.subscribe(topic, listener);
  }

  /**
   * Resolves when messages that `from` published earlier have probably reached `to`, because a later message has. Drivers
   * promise no order, so this is no proof. But on a healthy transport messages rarely overtake each other.
   */
  async fence(from: PubSub, to: PubSub): Promise<void> {
    this.#fences += 1;
    const inbox = await this.listen(to, `${this.topic}:fence`);
    const marker = encodeText(`fence ${this.#fences}`);
    await from.publish(`${this.topic}:fence`, marker);
    await inbox.receives(marker);
    await to.unsubscribe(`${this.topic}:fence`, inbox.listener);
  }

  /** Publishes a message until it arrives: right after an interruption messages may be refused or lost. */
  async publishUntilReceived(
    from: PubSub,
    inbox: Inbox,
    text: string,
    topic: string = this.topic,
  ): Promise<void> {
    let hasArrived = false;
    const arrival = inbox.receives(encodeText(text)).finally(() => {
      hasArrived = true;
    });
    // `await arrival` reports the rejection, after the loop. The deadline of the inbox ends the loop.
    arrival.catch(() => {});
    while (!hasArrived) {
      try {
        await from.publish(topic, encodeText(text));
      } catch {
        // Not connected yet.
      }
      await pause(RETRY_MS);
    }
    await arrival;
  }

  /** Unsubscribes all that was subscribed during the run. */
  async unsubscribeAll(): Promise<void> {
    for (const [pubsub, topic, listener] of this.#subscriptions) await pubsub.unsubscribe(topic, listener);
  }
}

export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
