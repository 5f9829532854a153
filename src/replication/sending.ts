import type { PresenceSet } from "../crdt/presence-set.ts";
import type { Leaving, Pull } from "../wire/replica-message.ts";
import type { Departures } from "./departures/departures.ts";
import type { Identity } from "./identity.ts";
import type { Member } from "./member.ts";
import type { Members } from "./members.ts";
import type { ReplicationOptions } from "./replication-options.ts";
import type { SilenceDetector } from "./silence-detector.ts";
import type { Step } from "./step.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** The maximum number of events held while disconnected. Beyond it they are dropped, and peers pull what they miss. */
const MAX_HELD_EVENTS = 4_096;

interface SendingOptions extends ReplicationOptions {
  readonly heartbeatIntervalMs: number;
  readonly set: PresenceSet;
  readonly step: Step;
  readonly identity: Identity;
  readonly silenceDetector: SilenceDetector;
  readonly members: Members;
  readonly departures: Departures;
}

/** What this replica publishes about itself, and when: deltas, heartbeats, answers to pulls, and `leaving`. */
export class Sending {
  readonly #options: SendingOptions;
  readonly #set: PresenceSet;
  readonly #step: Step;
  readonly #identity: Identity;
  readonly #silenceDetector: SilenceDetector;
  readonly #members: Members;
  readonly #departures: Departures;
  #flushAt = NEVER;
  /** When to send a heartbeat that some event asked for, apart from the regular ones. */
  #extraHeartbeatAt = NEVER;
  #lastHeartbeatAt = NEVER;
  #resendLeavingAt = NEVER;
  #leaving: Leaving | undefined = undefined;

  constructor(options: SendingOptions) {
    this.#options = options;
    this.#set = options.set;
    this.#step = options.step;
    this.#identity = options.identity;
    this.#silenceDetector = options.silenceDetector;
    this.#members = options.members;
    this.#departures = options.departures;
  }

  get nextAt(): number {
    if (this.isClosing) return this.#resendLeavingAt;
    return Math.min(
      this.#flushAt,
      this.#silenceDetector.isConnected ? Math.min(this.#extraHeartbeatAt, this.#regularHeartbeatAt) : NEVER,
    );
  }

  get isClosing(): boolean {
    return this.#leaving !== undefined;
  }

  /**
   * Publishes what peers do not know yet one flush delay after the first change, together with all changes until then. Without
   * any, does nothing.
   */
  flushIfNeeded(): void {
    const { counts } = this.#options;
    if (this.#set.pendingEventCount === 0 && !this.#departures.hasUnpublished && !counts?.hasChanges) return;
    if (this.#flushAt === NEVER) this.#flushAt = this.afterFlushDelay();
  }

  /** Sends a heartbeat within one flush delay, for a peer that does not know this replica yet. Several peers share it. */
  heartbeatSoon(): void {
    this.#extraHeartbeatAt = Math.min(this.#extraHeartbeatAt, this.afterFlushDelay());
  }

  /** Sends a heartbeat at the next tick. */
  heartbeatNow(): void {
    this.#extraHeartbeatAt = this.#step.now;
  }

  /** The time one flush delay from now: `flushDelayMs` plus a jitter of up to as much again. */
  afterFlushDelay(): number {
    return this.#step.now + this.#options.flushDelayMs * (1 + this.#options.random());
  }

  /**
   * Publishes the changes since the last flush as one delta. While disconnected it holds them, or drops them once there are
   * more than `MAX_HELD_EVENTS`. Returns whether it published a delta.
   */
  flush(): boolean {
    this.#flushAt = NEVER;
    if (this.#silenceDetector.isConnected) this.#options.counts?.beforeFlush(this.#set);
    if (!this.#silenceDetector.isConnected && this.#set.pendingEventCount <= MAX_HELD_EVENTS) return false;
    const operations = this.#set.takeOperations();
    const handover = this.#departures.takeHandover();
    if (operations.length === 0 && handover === undefined) return false;
    if (!this.#silenceDetector.isConnected) return false;
    this.#step.publish(this.#identity.self, {
      type: "delta",
      seen: this.#set.seenOf(this.#set.replica),
      operations,
      handover,
    });
    return true;
  }

  /** Publishes a heartbeat, after a flush: it advertises only events that have been published. */
  sendHeartbeat(): void {
    this.flush();
    this.#extraHeartbeatAt = NEVER;
    this.#lastHeartbeatAt = this.#step.now;
    this.#silenceDetector.heartbeatSent(this.#step.now);
    this.#step.publish(this.#identity.self, {
      type: "heartbeat",
      seen: this.#set.seenOf(this.#set.replica),
      digest: this.#set.digestOf(this.#set.replica),
      leaveDelayMs: this.#options.leaveDelayMs,
      heartbeatIntervalMs: Math.ceil(this.#options.heartbeatIntervalMs),
      others: this.#members.allUp().map(({ sender: { name, id, startedAt } }) => {
        return { name, id, startedAt, seen: this.#set.seenOf(id) };
      }),
      handover: this.#departures.fullHandover(),
    });
  }

  sendIfDue(): void {
    const { now } = this.#step;
    const sentDelta = now >= this.#flushAt && this.flush();
    if (!this.#silenceDetector.isConnected) return;
    const isPeriodOver = now >= this.#lastHeartbeatAt + this.#options.broadcastPeriodMs;
    if (now >= Math.min(this.#extraHeartbeatAt, this.#regularHeartbeatAt) || (sentDelta && isPeriodOver))
      this.sendHeartbeat();
  }

  /**
   * Answers a pull of a peer, unless it is for another id or an equal one was answered within a heartbeat interval. The answer has no unpublished changes,
   * and only this replica and those that are up.
   */
  answerPull(peer: Member, pull: Pull): void {
    const { to, request, wants } = pull;
    if (!this.#identity.isOwnId(to)) return;
    if (peer.answeredPulls.isRepeated(pull, this.#step.now, this.#options.heartbeatIntervalMs)) return;
    this.flush();
    const fragments = wants
      .filter(({ replica }) => this.#identity.isOwnId(replica) || this.#members.getUp(replica) !== undefined)
      .map(({ replica, seen }) => this.#set.catchUp(replica, seen)!);
    this.#step.publish(this.#identity.self, { type: "push", to: peer.sender.id, request, fragments });
  }

  /**
   * Publishes that this replica leaves for good, and schedules a repetition in case the message is lost. The heartbeat
   * before it says what this replica has seen of its peers: a presence at a peer beyond that may be one of our clients,
   * which has reconnected there.
   */
  sendLeaving(lingerMs: number): void {
    this.flush();
    if (lingerMs > 0 && this.#silenceDetector.isConnected) this.sendHeartbeat();
    const { self } = this.#identity;
    this.#leaving = { type: "leaving", lingerMs, lastDot: this.#set.seenOf(self.id).max };
    this.#step.publish(self, this.#leaving);
    this.#resendLeavingAt = this.#step.now + this.#options.flushDelayMs;
  }

  resendLeavingIfDue(): void {
    if (this.#leaving === undefined || this.#step.now < this.#resendLeavingAt) return;
    this.#resendLeavingAt = NEVER;
    this.#step.publish(this.#identity.self, this.#leaving);
    this.#step.add({ type: "closed" });
  }

  /** A deaf replica sends a heartbeat every period, to notice as soon as it can hear again. */
  get #regularHeartbeatAt(): number {
    const { broadcastPeriodMs, heartbeatIntervalMs } = this.#options;
    const isDeaf = this.#silenceDetector.isDeaf(this.#step.now);
    return this.#lastHeartbeatAt + (isDeaf ? broadcastPeriodMs : heartbeatIntervalMs);
  }
}
