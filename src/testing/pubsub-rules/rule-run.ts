import { setTimeout as pause } from "node:timers/promises";
import { assertOptionsObject, checkArgument } from "../../checks/check-argument.ts";
import type { Listener, PubSub } from "../../pubsub/pubsub.ts";
import { assertPubSub } from "../../checks/check-pubsub.ts";
import { Inbox } from "./inbox.ts";

/**
 * Who takes part when a rule is tried.
 *
 * @example
 * const cast: ContractCast = { alice: pubsub, bob: pubsub, topic: "contract-1" };
 */
export interface ContractCast {
  /** One end of the transport. A rule leaves it unsubscribed, and may close it. */
  readonly alice: PubSub;
  /** The other end, as far away as can be: another connection, another process. May be the same object as `alice`. */
  readonly bob: PubSub;
  /** What the topics of this try start with: at most 40 bytes, and used by nobody else meanwhile. */
  readonly topic: string;
  /**
   * How long a message may take, in ms: waiting ends when it arrives. Only a broken transport takes that long.
   * @defaultValue 5 000
   */
  readonly deadlineMs?: number;
  /**
   * Takes the connection of both ends away and lets them have it back, as by a restart of the broker. Resolves when they
   * can have it. The rules about lost connections ask nothing where there is none to lose.
   */
  readonly interrupt?: () => Promise<void>;
}

/** How soon something is said again that was not heard. */
const RETRY_MS = 20;

/** What one rule is: it plays on the scene, and rejects where the rule is broken. */
export type RuleCheck = (scene: RuleRun) => Promise<void>;

/** The two ends of a transport, and what was subscribed while a rule was tried. */
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
      "Give each try one of its own.",
    );
    this.alice = alice;
    this.bob = bob;
    this.topic = topic;
    this.#deadlineMs = deadlineMs;
    this.interrupt = interrupt;
  }

  /** Listens from when the promise resolves. */
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
   * Resolves when what `from` published earlier would have reached `to`: a later message has. Without a promise of order
   * that is no proof, but on a healthy transport what overtakes does so by little, and never every time.
   */
  async fence(from: PubSub, to: PubSub): Promise<void> {
    this.#fences += 1;
    const inbox = await this.listen(to, `${this.topic}:fence`);
    const marker = encodeText(`fence ${this.#fences}`);
    await from.publish(`${this.topic}:fence`, marker);
    await inbox.receives(marker);
    await to.unsubscribe(`${this.topic}:fence`, inbox.listener);
  }

  /** Says something until it is heard: for a while after an interruption messages may be refused, or lost. */
  async publishUntilReceived(
    from: PubSub,
    inbox: Inbox,
    words: string,
    topic: string = this.topic,
  ): Promise<void> {
    let isHeard = false;
    const heard = inbox.receives(encodeText(words)).finally(() => {
      isHeard = true;
    });
    // Looked at when the loop ends, which the deadline of the inbox sees to.
    heard.catch(() => {});
    while (!isHeard) {
      try {
        await from.publish(topic, encodeText(words));
      } catch {
        // Not connected yet.
      }
      await pause(RETRY_MS);
    }
    await heard;
  }

  /** Leaves nothing subscribed behind. */
  async unsubscribeAll(): Promise<void> {
    for (const [pubsub, topic, listener] of this.#subscriptions) await pubsub.unsubscribe(topic, listener);
  }
}

/** A message that is easy to tell from others. */
export function encodeText(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}
