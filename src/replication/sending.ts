import type { PresenceSet } from "../crdt/presence-set.ts";
import type { Identity } from "./identity.ts";
import type { Members } from "./members.ts";
import type { ReplicationOptions } from "./replication-options.ts";
import type { SilenceDetector } from "./silence-detector.ts";
import type { Step } from "./step.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** While we are cut off, so many events are kept to be sent when we are back. Of more, others pull what they need. */
const MAX_HELD_EVENTS = 4_096;

interface SpeechOptions extends ReplicationOptions {
  /** How long we may be silent, in ms. */
  readonly idleIntervalMs: number;
  readonly set: PresenceSet;
  readonly outbox: Step;
  readonly identity: Identity;
  readonly hearing: SilenceDetector;
  readonly members: Members;
}

/** What we say unasked, and when: our changes, our heartbeats, our farewell. */
export class Sending {
  readonly #options: SpeechOptions;
  readonly #set: PresenceSet;
  readonly #outbox: Step;
  readonly #identity: Identity;
  readonly #hearing: SilenceDetector;
  readonly #members: Members;
  #flushAt = NEVER;
  #greetAt = NEVER;
  #lastBeatAt = NEVER;
  #farewellAt = NEVER;
  #farewell: { readonly lingerMs: number } | undefined = undefined;

  constructor(options: SpeechOptions) {
    this.#options = options;
    this.#set = options.set;
    this.#outbox = options.outbox;
    this.#identity = options.identity;
    this.#hearing = options.hearing;
    this.#members = options.members;
  }

  get nextAt(): number {
    if (this.isClosing) return this.#farewellAt;
    return Math.min(this.#flushAt, this.#hearing.isConnected ? Math.min(this.#greetAt, this.#beatAt) : NEVER);
  }

  get isClosing(): boolean {
    return this.#farewell !== undefined;
  }

  /** Something of ours changed: it goes out a little later, with what else changes until then. */
  flushSoon(): void {
    if (this.#flushAt === NEVER) this.#flushAt = this.afterFlushDelay();
  }

  /** Somebody does not know what we know: whoever else comes until then is greeted with it. */
  heartbeatSoon(): void {
    this.#greetAt = Math.min(this.#greetAt, this.afterFlushDelay());
  }

  heartbeatNow(): void {
    this.#greetAt = this.#outbox.now;
  }

  /** One jittered `flushDelayMs` from now. */
  afterFlushDelay(): number {
    return this.#outbox.now + this.#options.flushDelayMs * (1 + this.#options.random());
  }

  /** Publishes what changed since the last time, or keeps it for when we are connected again. Whether it said anything. */
  flush(): boolean {
    this.#flushAt = NEVER;
    if (!this.#hearing.isConnected && this.#set.pendingEventCount <= MAX_HELD_EVENTS) return false;
    const operations = this.#set.takeOperations();
    if (operations.length === 0 || !this.#hearing.isConnected) return false;
    this.#outbox.publish(this.#identity.self, {
      type: "delta",
      seen: this.#set.seenOf(this.#set.replica),
      operations,
    });
    return true;
  }

  /** Publishes what we have seen, all of our own being out. */
  sendHeartbeat(): void {
    this.flush();
    this.#greetAt = NEVER;
    this.#lastBeatAt = this.#outbox.now;
    this.#hearing.heartbeatSent(this.#outbox.now);
    this.#outbox.publish(this.#identity.self, {
      type: "heartbeat",
      seen: this.#set.seenOf(this.#set.replica),
      digest: this.#set.digestOf(this.#set.replica),
      leaveDelayMs: this.#options.leaveDelayMs,
      others: this.#members.allUp().map(({ sender: { name, id, startedAt } }) => {
        return { name, id, startedAt, seen: this.#set.seenOf(id) };
      }),
    });
  }

  sendIfDue(): void {
    const { now } = this.#outbox;
    const saidSomething = now >= this.#flushAt && this.flush();
    if (!this.#hearing.isConnected) return;
    const isPeriodOver = now >= this.#lastBeatAt + this.#options.broadcastPeriodMs;
    if (now >= Math.min(this.#greetAt, this.#beatAt) || (saidSomething && isPeriodOver)) this.sendHeartbeat();
  }

  /**
   * Says that we go for good: now, and in case it is lost once more. Before it, whom we have heard of: who comes to others
   * besides may be a client of ours.
   */
  sendLeaving(lingerMs: number): void {
    this.flush();
    if (lingerMs > 0 && this.#hearing.isConnected) this.sendHeartbeat();
    this.#farewell = { lingerMs };
    this.#outbox.publish(this.#identity.self, { type: "leaving", lingerMs });
    this.#farewellAt = this.#outbox.now + this.#options.flushDelayMs;
  }

  resendLeavingIfDue(): void {
    if (this.#farewell === undefined || this.#outbox.now < this.#farewellAt) return;
    this.#farewellAt = NEVER;
    this.#outbox.publish(this.#identity.self, { type: "leaving", ...this.#farewell });
    this.#outbox.add({ type: "closed" });
  }

  /** While we are deaf we speak more often: to hear as soon as we can. */
  get #beatAt(): number {
    const { broadcastPeriodMs, idleIntervalMs } = this.#options;
    return this.#lastBeatAt + (this.#hearing.isDeaf(this.#outbox.now) ? broadcastPeriodMs : idleIntervalMs);
  }
}
