import assert from "node:assert/strict";
import type { PresenceRecord } from "../../../src/crdt/live-entry.ts";
import type { ReplicaMessage } from "../../../src/wire/replica-message.ts";
import { HEARTBEAT_INTERVAL, ReplicaHarness } from "../replica-harness.ts";

/** How long before a presence begins to wait a newcomer may have joined that supersedes it. */
const NEWS_DELAY = 200;

/** A presence that waits: its owner has ended, or its replica has left. */
interface Waiting {
  readonly since: number;
  readonly until: number;
  /** Whether it has left at its own replica when its time was over. */
  hasLeft: boolean;
}

interface Delivery {
  readonly at: number;
  readonly to: string;
  readonly message: ReplicaMessage;
}

/**
 * Replicas whose messages may be lost, repeated, late and out of order. All presences have one topic and one key. It keeps an
 * account of newcomers, and of presences that leave before their time.
 */
export class ClaimNetwork {
  now = 0;
  /** How long a message takes, in ms, unless it is late. Messages to oneself take as long. */
  messageDelay = 10;
  readonly #replicas = new Map<string, ReplicaHarness>();
  readonly #alarms = new Map<string, number>();
  readonly #closed = new Set<string>();
  readonly #isolated = new Set<string>();
  #deliveries: Delivery[] = [];
  /** The owners of each replica that have not ended. */
  readonly #owners = new Map<string, number[]>();
  #lastOwner = 0;
  readonly #leaveDelayMs: (name: string) => number;
  readonly #luck: (from: string, to: string) => number;
  /** When each newcomer joined. */
  readonly newcomers: number[] = [];
  readonly #waiting = new Map<string, Waiting>();
  /** The presences that left early at their own replica, and those that left early at a peer after their replica had left. */
  readonly #early = new Map<string, Set<string>>([["", new Set()]]);

  /** `luck` gives a number for each delivery to another replica: 0 loses the message, 1 repeats it, and 2 and 3 make it late. */
  constructor(
    names: readonly string[],
    {
      leaveDelayMs,
      luck = () => 9,
    }: { leaveDelayMs: number | ((name: string) => number); luck?: (from: string, to: string) => number },
  ) {
    this.#leaveDelayMs = typeof leaveDelayMs === "number" ? () => leaveDelayMs : leaveDelayMs;
    this.#luck = luck;
    for (const name of names) this.start(name);
    this.advance(2 * HEARTBEAT_INTERVAL);
  }

  get names(): string[] {
    return [...this.#replicas.keys()];
  }

  replica(name: string): ReplicaHarness {
    return this.#replicas.get(name)!;
  }

  start(name: string): void {
    const replica = new ReplicaHarness(name, {
      leaveDelayMs: this.#leaveDelayMs(name),
      startsAt: this.now,
    });
    this.#replicas.set(name, replica);
    this.#owners.set(name, []);
    this.#collect(name);
  }

  /** A client connects to a replica. Returns its owner. */
  join(name: string): number {
    const owner = ++this.#lastOwner;
    this.newcomers.push(this.now);
    this.#at(name).join(owner, "lobby", "readers");
    this.#owners.get(name)!.push(owner);
    this.#collect(name);
    return owner;
  }

  /** The oldest connection at a replica is lost. */
  end(name: string): void {
    const owner = this.#owners.get(name)!.shift();
    if (owner === undefined) return;
    const leaveDelayMs = this.#leaveDelayMs(name);
    this.#waiting.set(`${name}.${owner}`, {
      since: this.now,
      until: this.now + leaveDelayMs,
      hasLeft: false,
    });
    this.#at(name).end(owner);
    this.#collect(name);
  }

  /** A replica leaves, and all its clients lose their connection. */
  close(name: string): void {
    const lingerMs = this.#leaveDelayMs(name);
    for (const owner of this.#owners.get(name)!)
      this.#waiting.set(`${name}.${owner}`, { since: this.now, until: this.now + lingerMs, hasLeft: false });
    this.#at(name).step({ type: "close", lingerMs });
    this.#collect(name);
    this.#closed.add(name);
  }

  /** A process dies. */
  kill(name: string): void {
    this.#replicas.delete(name);
    this.#alarms.delete(name);
    this.#owners.delete(name);
  }

  /** Messages from and to a replica are lost from now on. */
  isolate(name: string): void {
    this.#isolated.add(name);
  }

  heal(): void {
    this.#isolated.clear();
  }

  isUp(name: string): boolean {
    return this.#replicas.has(name) && !this.#closed.has(name);
  }

  /** The number of presences that each replica lists. */
  counts(): number[] {
    return this.names.filter((name) => this.isUp(name)).map((name) => this.countAt(name));
  }

  /** The number of presences of one replica that another one lists. */
  countOf(name: string, observer: string = name): number {
    return this.#replicas.get(observer)!.replication.presences.countOfReplica(name);
  }

  countAt(name: string): number {
    return this.#replicas.get(name)!.replication.presences.count("lobby", "readers");
  }

  advance(ms: number): void {
    for (const end = this.now + ms; ; ) {
      const nextAt = Math.min(
        ...this.#alarms.values(),
        ...this.#deliveries.map(({ at }) => at),
        Number.POSITIVE_INFINITY,
      );
      this.now = Math.min(end, Math.max(this.now, nextAt));
      if (nextAt > end) break;
      const due = this.#deliveries.filter(({ at }) => at <= this.now);
      this.#deliveries = this.#deliveries.filter(({ at }) => at > this.now);
      for (const { to, message } of due) {
        if (!this.#replicas.has(to)) continue;
        this.#at(to).receive(message);
        this.#collect(to);
      }
      for (const [name, at] of [...this.#alarms]) {
        if (at > this.now) continue;
        this.#alarms.delete(name);
        this.#at(name).step({ type: "tick" });
        this.#collect(name);
      }
    }
    for (const name of this.names) this.#at(name);
  }

  /**
   * Checks that no replica has seen more presences leave early than newcomers explain: of those that began to wait at any time
   * or later, at most as many have left early as newcomers have joined since, or shortly before.
   */
  assertErrorsNeverAddUp(): void {
    for (const observer of this.#early.keys()) {
      const starts = this.#earlyStarts(observer);
      for (const since of starts) {
        const left = starts.filter((start) => start >= since).length;
        const joined = this.newcomers.filter((at) => at >= since - NEWS_DELAY).length;
        assert(
          left <= joined,
          `${observer || "all"}: ${left} presences that waited since ${since} or later have left early, for ${joined} newcomers`,
        );
      }
    }
  }

  /**
   * When the presences that left early began to wait, for an observer. Claims count presences: of a replica that has left, those
   * that waited for longest count, whichever of them left.
   */
  #earlyStarts(observer: string): number[] {
    const own = this.#early.get("")!;
    const ofLeft = [...this.#early.get(observer)!].filter((presence) => !own.has(presence));
    const starts = [...own].map((presence) => this.#waiting.get(presence)!.since);
    for (const name of this.#closed) {
      const isOf = (presence: string) => presence.startsWith(`${name}.`);
      const waited = [...this.#waiting]
        .filter(([presence, { hasLeft }]) => isOf(presence) && !hasLeft && !own.has(presence))
        .map(([, { since }]) => since)
        .sort((one, other) => one - other);
      starts.push(...waited.slice(0, ofLeft.filter(isOf).length));
    }
    return starts;
  }

  /** How many presences have left early at their own replica, or at this peer after their replica had left. */
  earlyAt(name: string): number {
    return new Set([...this.#early.get("")!, ...(this.#early.get(name) ?? [])]).size;
  }

  #at(name: string): ReplicaHarness {
    const replica = this.#replicas.get(name)!;
    replica.now = this.now;
    return replica;
  }

  /** Takes the effects of a replica: its alarm, what left at it, and its messages. */
  #collect(name: string): void {
    const replica = this.#replicas.get(name)!;
    const lingering = new Set(Array.from(replica.replication.lingering, ({ sender }) => sender.id));
    for (const effect of replica.effects) {
      if (effect.type === "alarm") this.#alarms.set(name, effect.at);
      if (effect.type !== "diff") continue;
      const { joins, leaves } = effect.change;
      const updated = new Set(joins.map(({ replica: id, owner }) => `${id}.${owner}`));
      for (const presence of leaves) {
        if (updated.has(`${presence.replica}.${presence.owner}`)) continue;
        if (presence.replica === name) this.#left("", presence);
        else if (lingering.has(presence.replica)) this.#left(name, presence);
      }
    }
    for (const message of replica.takeSent()) {
      for (const to of this.#replicas.keys()) this.#send(name, to, message);
    }
  }

  /** Records a presence that left early. Repeated diffs of one presence count once. */
  #left(observer: string, { replica, owner }: PresenceRecord): void {
    const presence = `${replica}.${owner}`;
    const waiting = this.#waiting.get(presence);
    assert(waiting, "only presences that wait leave");
    if (this.now >= waiting.until) {
      if (observer === "") waiting.hasLeft = true;
      return;
    }
    const early = this.#early.get(observer) ?? new Set();
    this.#early.set(observer, early.add(presence));
  }

  #send(from: string, to: string, message: ReplicaMessage): void {
    const isOwn = from === to;
    const luck = isOwn ? 9 : this.#luck(from, to);
    const isCutOff = !isOwn && (this.#isolated.has(from) || this.#isolated.has(to));
    if (luck === 0 || isCutOff) return;
    const lateness = luck === 2 ? 500 : luck === 3 ? 5_000 : 0;
    this.#deliveries.push({ at: this.now + this.messageDelay + lateness, to, message });
    if (luck === 1) this.#deliveries.push({ at: this.now + 300, to, message });
  }
}
