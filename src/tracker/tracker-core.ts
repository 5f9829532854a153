import type { Change } from "../crdt/change.ts";
import type { Meta, PresenceMeta } from "../payload.ts";
import type { CountChange } from "../replication/counts/count-change.ts";
import { MAX_COUNT_META_BYTES } from "../replication/counts/count-meta.ts";
import { CountReplication } from "../replication/counts/count-replication.ts";
import type { Cause, ReplicationEffect, ReplicationEvent } from "../replication/events.ts";
import { Replication } from "../replication/replication.ts";
import type { TrackerReplication } from "../replication/tracker-replication.ts";
import { createSigning } from "../signing/create-signing.ts";
import { Alarm } from "../time/alarm.ts";
import type { Clock } from "../time/clock.ts";
import { CODECS, type Codecs } from "../wire/codec.ts";
import { MAX_COUNTER } from "../wire/format.ts";
import { messageSizeCheck } from "./admission/presence-limits.ts";
import { lookUpKey, lookUpTopic } from "./admission/topics-and-keys.ts";
import { registerInstance } from "./double-instances.ts";
import { type CoreEmitter, EventPublisher } from "./events/event-publisher.ts";
import { resolveTrackerOptions } from "./options/resolve-tracker-options.ts";
import type { ResolvedTrackerOptions, TrackerOptions } from "./options/tracker-options.ts";
import { LocalPresences } from "./owners/local-presences.ts";
import { replicaIdGenerator } from "./replicas/replica-ids.ts";
import { identityOf, type ReplicaInfo, replicaInfos } from "./replicas/replica-info.ts";
import { SyncedWaiters } from "./replicas/synced-waiters.ts";
import { type Traffic, Transport } from "./transport/transport.ts";
import { VersionNegotiation } from "./transport/version-negotiation.ts";

/** `close` resolves after this time even if the transport has not sent the last messages. */
const CLOSE_TIMEOUT_MS = 2_000;

/** The surroundings of a core: the emitter of its tracker or presence. */
export interface TrackerCoreContext {
  readonly emitter: CoreEmitter;
  /** Queues a diff on the emitter, in the form that the listeners get. */
  readonly queueDiff: (change: Change, cause: Cause) => void;
  /** Replicates only how many presences there are of these keys. Default: the presences themselves. */
  readonly counts?: CountsContext;
  /** The protocol versions to speak, newest first. */
  readonly codecs?: Codecs;
}

/** The settings of a core that replicates counts. */
export interface CountsContext {
  /** The keys that are counted. Others cannot be tracked. */
  readonly keys: ReadonlySet<string>;
  /** Queues changes of numbers on the emitter, in the form that the listeners get. */
  readonly queueChanges: (changes: readonly CountChange[], cause: Cause) => void;
}

/**
 * The common core of `Tracker` and `Presence`. It connects the replication to the transport, the clock, the local owners and
 * the emitter.
 */
export class TrackerCore<M extends object = Meta> {
  readonly replication: TrackerReplication;
  readonly local: LocalPresences<M>;
  readonly #options: ResolvedTrackerOptions<M>;
  readonly #transport: Transport;
  readonly #alarm: Alarm;
  readonly #events: EventPublisher;
  readonly #synced: SyncedWaiters;
  #stopWatching: (() => void) | undefined = undefined;
  #deregister: (() => void) | undefined = undefined;
  #hasStarted = false;
  #isClosed = false;
  #closing: Promise<void> = Promise.resolve();
  #finishClosing: () => void = () => {};

  constructor(
    options: TrackerOptions<M, unknown>,
    { emitter, queueDiff, counts, codecs = CODECS }: TrackerCoreContext,
  ) {
    this.#options = resolveTrackerOptions(options);
    const { clock, pubsub, clusterName, replicaName, random, downPeriodMs } = this.#options;
    const newId = replicaIdGenerator(options.random);
    const id = newId();
    const self = { name: replicaName ?? id, id, startedAt: startTime(clock) };
    // Of a presence that is only counted, no meta travels.
    const maxMetaBytes = counts === undefined ? this.#options.maxMetaBytes : MAX_COUNT_META_BYTES;
    const admit = messageSizeCheck({ ...this.#options, maxMetaBytes });
    const replicationOptions = { ...this.#options, self, random, newId, ...(admit && { admit }) };
    this.replication =
      counts === undefined ? new Replication(replicationOptions) : new CountReplication(replicationOptions);
    this.#events = new EventPublisher({
      emitter,
      queueDiff,
      queueCounts: counts?.queueChanges,
      origin: () => ({ clusterName, replicaName: this.replication.self.name }),
    });
    this.local = new LocalPresences({
      options: this.#options,
      replication: this.replication,
      countedKeys: counts?.keys,
      isClosed: () => this.#isClosed,
      apply: (effects) => this.#applyAll(effects),
    });
    this.#synced = new SyncedWaiters(clock);
    this.#alarm = new Alarm(clock, () => this.#step({ type: "tick" }));
    this.#transport = new Transport(
      {
        pubsub,
        clusterName,
        version: new VersionNegotiation(codecs, downPeriodMs, clock.now()),
        mode: counts === undefined ? "presences" : "counts",
        clock,
        signing: createSigning(this.#options, `${clusterName}:all`),
        // Before the start other nodes must not learn of this node, as its start may fail, and no listener for warnings can exist.
        isListening: () => this.#hasStarted,
        onMessage: (message) => {
          this.#step({ type: "message", message, sentCounter: this.#transport.sentCounter });
        },
        onWarning: (warning) => this.#events.warning(warning),
        onError: (error) => this.#events.error(error),
        observe: (name, payload) => this.#events.observe(name, payload),
      },
      id,
    );
  }

  /** Resolves when the transport is subscribed, and rejects with the transport's own error. */
  async subscribe(): Promise<void> {
    try {
      await this.#transport.subscribe();
    } catch (error) {
      this.#transport.unsubscribe();
      throw error;
    }
  }

  /** Starts the heartbeats. */
  start(): void {
    this.#hasStarted = true;
    this.#deregister = registerInstance(this.#options);
    this.#step({ type: "start" });
    let wasConnected = true;
    this.#stopWatching = this.#options.pubsub.watchConnection?.((isConnected) => {
      if (isConnected === wasConnected) return;
      wasConnected = isConnected;
      this.#step({ type: isConnected ? "connected" : "disconnected" });
    });
  }

  list(topic: string): [key: string, meta: PresenceMeta<M>][] {
    return this.replication.presences.list(lookUpTopic(topic)) as [string, PresenceMeta<M>][];
  }

  getByKey(topic: string, key: string | number): PresenceMeta<M>[] {
    return this.replication.presences.getByKey(lookUpTopic(topic), lookUpKey(key)) as PresenceMeta<M>[];
  }

  count(topic: string, key?: string | number): number {
    const topicName = lookUpTopic(topic);
    return this.replication.presences.count(topicName, key === undefined ? undefined : lookUpKey(key));
  }

  keyCount(topic: string): number {
    return this.replication.presences.keyCount(lookUpTopic(topic));
  }

  topics(): string[] {
    return this.replication.presences.topics();
  }

  replicas(): ReplicaInfo[] {
    return replicaInfos(this.replication, this.#options.clock.now());
  }

  traffic(): Traffic {
    return this.#transport.traffic;
  }

  synced(timeoutMs: number): Promise<boolean> {
    return this.#synced.wait(timeoutMs);
  }

  close(leave: boolean): Promise<void> {
    if (this.#isClosed) return this.#closing;
    this.#isClosed = true;
    this.#closing = new Promise((resolve) => {
      this.#finishClosing = resolve;
    });
    this.#stopWatching?.();
    this.#deregister?.();
    this.#synced.settle(false);
    this.#step({ type: "close", lingerMs: leave ? 0 : this.#options.leaveDelayMs });
    this.local.unwatchOwners();
    return this.#closing;
  }

  #step(event: ReplicationEvent): void {
    this.#applyAll(this.replication.step(event, this.#options.clock.now()));
  }

  #applyAll(effects: readonly ReplicationEffect[]): void {
    this.#events.duringStep(() => {
      for (const effect of effects) this.#apply(effect);
    });
  }

  #apply(effect: ReplicationEffect): void {
    switch (effect.type) {
      case "publish":
        this.#transport.publish(effect.sender, effect.outgoing);
        break;
      case "alarm":
        this.#alarm.set(effect.at, this.#isClosed);
        break;
      case "diff":
        for (const { replica, owner } of effect.change.leaves) {
          if (replica === this.replication.self.id) this.local.releaseIfIdle(owner);
        }
        if (!this.#isClosed) this.#events.diff(effect.change, effect.cause);
        break;
      case "counts":
        if (!this.#isClosed) this.#events.counts(effect.changes, effect.cause);
        break;
      case "owners-left":
        for (const owner of effect.owners) this.local.releaseIfIdle(owner);
        break;
      case "replica":
        this.#events.replica(effect.status, identityOf(effect.replica));
        break;
      case "hearing":
        this.#events.hearing(effect);
        break;
      case "warning":
        this.#events.warning(effect.warning);
        break;
      case "resubscribe":
        this.#transport.resubscribe();
        break;
      case "renamed":
        this.#transport.changeId(effect.to.id);
        break;
      case "synced":
        this.#synced.settle(true);
        break;
      case "closed":
        this.#alarm.clear();
        this.#transport.unsubscribe();
        void this.#transport.whenSent(CLOSE_TIMEOUT_MS).then(this.#finishClosing);
        break;
    }
  }
}

/** The time of the start in whole ms since 1970, in the range that messages carry, whatever the clock says. */
function startTime(clock: Clock): number {
  return Math.min(Math.max(0, Math.floor(clock.wallNow())), MAX_COUNTER) || 0;
}
