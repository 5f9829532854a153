import type { Meta } from "../../src/payload.ts";
import type { ReplicationEffect, ReplicationEvent } from "../../src/replication/events.ts";
import { Replication } from "../../src/replication/replication.ts";
import { decode } from "../../src/wire/decode.ts";
import { encode } from "../../src/wire/encode.ts";
import type { OutgoingMessage, ReplicaMessage } from "../../src/wire/replica-message.ts";

export const PERIOD = 1_000;
export const IDLE: number = 3 * PERIOD;
export const DOWN: number = 4 * IDLE;
export const PERMDOWN: number = 2 * DOWN;

/** One replica on the workbench: it is told what happens, step by step, and what it wants done is kept for a look. */
export class ReplicaHarness {
  readonly replication: Replication;
  readonly name: string;
  now = 0;
  #counter = 0;
  #ids = 0;
  effects: ReplicationEffect[] = [];

  constructor(
    name: string,
    {
      id = name,
      startedAt = 0,
      leaveDelayMs = 0,
    }: { id?: string; startedAt?: number; leaveDelayMs?: number } = {},
  ) {
    this.name = name;
    this.replication = new Replication({
      self: { name, id, startedAt },
      broadcastPeriodMs: PERIOD,
      maxSilentPeriods: 2,
      downPeriodMs: DOWN,
      permdownPeriodMs: PERMDOWN,
      flushDelayMs: 10,
      leaveDelayMs,
      random: () => 0.5,
      newId: () => `${id}-${++this.#ids}`,
    });
    this.step({ type: "start" });
  }

  step(event: ReplicationEvent): readonly ReplicationEffect[] {
    return this.#keep(this.replication.step(event, this.now));
  }

  /** What is due happens, and it hears its own heartbeats, unless it is to hear nothing. */
  advance(ms: number, { isDeaf = false }: { isDeaf?: boolean } = {}): void {
    for (const end = this.now + ms; this.now < end; ) {
      this.now = Math.min(end, this.now + 10);
      const takeSent = this.#published(this.step({ type: "tick" }));
      if (!isDeaf) for (const message of takeSent) this.receive(message);
    }
  }

  receive(message: ReplicaMessage): readonly ReplicationEffect[] {
    return this.step({ type: "message", message });
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

  /** What it has published since the last time, as others would get it. */
  takeSent(): ReplicaMessage[] {
    return this.#published(this.effects.splice(0));
  }

  /** Messages of this replica that it does not send by itself, as a peer under test would get them. */
  forge(...outgoings: OutgoingMessage[]): ReplicaMessage[] {
    return this.#published(
      outgoings.map((outgoing) => ({ type: "publish", sender: this.replication.self, outgoing })),
    );
  }

  keys(topic: string): string[] {
    return this.replication.presences
      .list(topic)
      .map(([key]) => key)
      .sort();
  }

  get warnings(): string[] {
    return this.effects.flatMap((effect) => (effect.type === "warning" ? [effect.warning.code] : []));
  }

  #keep(effects: readonly ReplicationEffect[]): readonly ReplicationEffect[] {
    this.effects.push(...effects);
    return effects;
  }

  #published(effects: readonly ReplicationEffect[]): ReplicaMessage[] {
    return effects.flatMap((effect) => {
      if (effect.type !== "publish") return [];
      const messages = encode(effect.outgoing, { sender: effect.sender, counter: this.#counter + 1 });
      this.#counter += messages.length;
      return messages.map(read);
    });
  }
}

/** All say what they have to say, to each other, until nothing is left to say. */
export function exchangeUntilQuiet(...benches: readonly ReplicaHarness[]): void {
  for (let silence = 0; silence < 30; ) {
    const said = benches.map((each) => ({ each, messages: each.takeSent() }));
    for (const { each, messages } of said) {
      for (const other of benches) {
        if (other !== each) for (const message of messages) other.receive(message);
      }
    }
    silence = said.every(({ messages }) => messages.length === 0) ? silence + 1 : 0;
    for (const each of benches) {
      each.now += 10;
      each.step({ type: "tick" });
    }
  }
}

function read(bytes: Uint8Array): ReplicaMessage {
  const decoded = decode(bytes);
  if (!decoded.ok) throw decoded.error;
  return decoded.message;
}
