import type { Meta } from "../../src/payload.ts";
import { CountReplication } from "../../src/replication/counts/count-replication.ts";
import type { ReplicationEffect, ReplicationEvent } from "../../src/replication/events.ts";
import { Replication } from "../../src/replication/replication.ts";
import { decode } from "../../src/wire/decode.ts";
import { encode } from "../../src/wire/encode.ts";
import type { OutgoingMessage, ReplicaMessage, ReplicateMode } from "../../src/wire/replica-message.ts";

export const PERIOD = 1_000;
export const HEARTBEAT_INTERVAL: number = 3 * PERIOD;
export const DOWN: number = 4 * HEARTBEAT_INTERVAL;
export const PERMDOWN: number = 2 * DOWN;

/** One replica under test. A test calls its verbs and moves its time, and the harness keeps the effects. */
export class ReplicaHarness {
  readonly replication: Replication | CountReplication;
  now = 0;
  #counter = 0;
  #ids = 0;
  effects: ReplicationEffect[] = [];
  /** The codes of all warnings so far. */
  readonly warnings: string[] = [];
  /** All changes of numbers so far, as texts: `+2 readers @article (local)`. */
  readonly countChanges: string[] = [];

  constructor(
    name: string,
    {
      id = name,
      startedAt = 0,
      leaveDelayMs = 0,
      maxPeerLeaveDelayMs = Number.POSITIVE_INFINITY,
      maxReplicas = 100,
      mode = "presences",
      startsAt = 0,
    }: {
      id?: string;
      startedAt?: number;
      leaveDelayMs?: number;
      maxPeerLeaveDelayMs?: number;
      maxReplicas?: number;
      mode?: ReplicateMode;
      /** The time of this replica when it starts. */
      startsAt?: number;
    } = {},
  ) {
    this.now = startsAt;
    this.replication = new (mode === "counts" ? CountReplication : Replication)({
      self: { name, id, startedAt },
      broadcastPeriodMs: PERIOD,
      maxSilentPeriods: 2,
      downPeriodMs: DOWN,
      permdownPeriodMs: PERMDOWN,
      flushDelayMs: 10,
      leaveDelayMs,
      maxPeerLeaveDelayMs,
      maxReplicas,
      random: () => 0.5,
      newId: () => `${id}-${++this.#ids}`,
    });
    this.step({ type: "start" });
  }

  step(event: ReplicationEvent): readonly ReplicationEffect[] {
    return this.#keep(this.replication.step(event, this.now));
  }

  /** Ticks every 10 ms until `ms` have passed. The replica receives its own messages, unless it is deaf. */
  advance(ms: number, { isDeaf = false }: { isDeaf?: boolean } = {}): void {
    for (const end = this.now + ms; this.now < end; ) {
      this.now = Math.min(end, this.now + 10);
      const sent = this.#published(this.step({ type: "tick" }));
      if (!isDeaf) this.receive(...sent);
    }
  }

  receive(...messages: readonly ReplicaMessage[]): void {
    for (const message of messages) this.step({ type: "message", message });
  }

  join(owner: number, topic: string, key: string): void {
    this.#keep(this.replication.join(owner, topic, key, {}, this.now).effects);
  }

  update(owner: number, topic: string, key: string, meta: Meta): void {
    this.#keep(this.replication.update(owner, topic, key, meta, this.now).effects);
  }

  leave(owner: number): void {
    this.#keep(this.replication.leaveAll(owner, this.now));
  }

  end(owner: number): void {
    this.#keep(this.replication.end(owner, this.now));
  }

  /** The messages published since the last call, as peers get them. Drops the other effects. */
  takeSent(): ReplicaMessage[] {
    return this.#published(this.effects.splice(0));
  }

  /** Messages of this replica that it does not send by itself, as peers would get them. */
  forge(...outgoings: readonly OutgoingMessage[]): ReplicaMessage[] {
    return this.#published(
      outgoings.map((outgoing) => ({ type: "publish", sender: this.replication.self, outgoing })),
    );
  }

  /** A forged heartbeat that lists these peers, each with everything that the peer has seen of itself. */
  forgeHeartbeat(...others: readonly ReplicaHarness[]): ReplicaMessage[] {
    const { presences, self } = this.replication;
    return this.forge({
      type: "heartbeat",
      seen: presences.seenOf(self.id),
      digest: presences.digestOf(self.id),
      leaveDelayMs: 0,
      heartbeatIntervalMs: HEARTBEAT_INTERVAL,
      others: others.map(({ replication }) => {
        return { ...replication.self, seen: presences.seenOf(replication.self.id) };
      }),
    });
  }

  count(topic: string, key?: string): number {
    return this.replication.presences.count(topic, key);
  }

  keys(topic: string): string[] {
    return this.replication.presences
      .list(topic)
      .map(([key]) => key)
      .sort();
  }

  #keep(effects: readonly ReplicationEffect[]): readonly ReplicationEffect[] {
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.type === "warning") this.warnings.push(effect.warning.code);
      if (effect.type !== "counts") continue;
      for (const { topic, key, joins, leaves } of effect.changes) {
        const by = [joins > 0 ? `+${joins}` : "", leaves > 0 ? `-${leaves}` : ""].join("");
        this.countChanges.push(`${by} ${key} @${topic} (${effect.cause})`);
      }
    }
    return effects;
  }

  #published(effects: readonly ReplicationEffect[]): ReplicaMessage[] {
    return effects.flatMap((effect) => {
      if (effect.type !== "publish") return [];
      const messages = encode(effect.outgoing, { sender: effect.sender, counter: this.#counter + 1 });
      this.#counter += messages.length;
      return messages.map(mustDecode);
    });
  }
}

/** Moves time and delivers all messages to all of these replicas, until none of them has sent anything for 300 ms. */
export function exchangeUntilQuiet(...replicas: readonly ReplicaHarness[]): void {
  for (let quietRounds = 0; quietRounds < 30; ) {
    const sent = replicas.flatMap((sender) => sender.takeSent());
    for (const replica of replicas) replica.receive(...sent);
    quietRounds = sent.length === 0 ? quietRounds + 1 : 0;
    for (const replica of replicas) {
      replica.now += 10;
      replica.step({ type: "tick" });
    }
  }
}

/** Moves the time of these replicas by one heartbeat interval, after which each of them sends a heartbeat. */
export function skipHeartbeatInterval(...replicas: readonly ReplicaHarness[]): void {
  for (const replica of replicas) replica.now += HEARTBEAT_INTERVAL;
  for (const replica of replicas) replica.step({ type: "tick" });
}

/** Tokyo and paris, which know each other. Alice is in tokyo. */
export function tokyoAndParis(options: { leaveDelayMs?: number } = {}): {
  tokyo: ReplicaHarness;
  paris: ReplicaHarness;
} {
  const tokyo = new ReplicaHarness("tokyo", options);
  const paris = new ReplicaHarness("paris", options);
  exchangeUntilQuiet(tokyo, paris);
  tokyo.join(1, "lobby", "alice");
  exchangeUntilQuiet(tokyo, paris);
  return { tokyo, paris };
}

function mustDecode(bytes: Uint8Array): ReplicaMessage {
  const decoded = decode(bytes);
  if (!decoded.ok) throw decoded.error;
  return decoded.message;
}
