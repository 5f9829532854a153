import { equal } from "node:assert/strict";
import { Replication } from "../../src/replication/replication.ts";
import type { ReplicaIncarnation, ReplicaMessage } from "../../src/wire/replica-message.ts";
import { RemoteReplica } from "../crdt/remote-replica.ts";
import { atMost, type Figure, ratios } from "../figure.ts";
import { heapBytesOf, rounds, time } from "../measure.ts";
import type { Effort } from "../subject.ts";

const INCARNATIONS = 1_000;
/** Incarnations before the measurement, because compiled code takes heap too. */
const WARM_UP = 300;
const LISTS = 1_000;
const TOPIC = "lobby";
const MINUTE = 60_000;

/** One replica keeps running. Every minute another one starts with 50 presences and is killed, 1 000 times. */
export function restarts({ runs }: Effort): Figure[] {
  return [
    ...restartsOf(runs, "under one name", () => "lima"),
    ...restartsOf(runs, "each under a name of its own", (number) => `lima ${number}`),
  ];
}

function restartsOf(runs: number, how: string, nameOf: (number: number) => string): Figure[] {
  const longLived = new LongLivedReplica();
  longLived.addAndKillAll(nameOf, 0, WARM_UP);
  const untouched = new LongLivedReplica();
  const [, bytes] = heapBytesOf(() => longLived.addAndKillAll(nameOf, WARM_UP, WARM_UP + INCARNATIONS));
  const { before, after } = rounds(runs, () => ({
    before: timeLists(untouched),
    after: timeLists(longLived),
  }));
  equal(longLived.replication.presences.count(TOPIC), LISTS);
  equal(longLived.replication.presences.replicas().length, 1);
  equal([...longLived.replication.members.all()].length, 0);
  equal(longLived.replication.tombstones.size, 0);
  return [
    {
      work: `heap left after 1 000 incarnations, ${how}`,
      unit: "B",
      samples: [bytes],
      floor: `heap, ${how}`,
    },
    {
      work: `list 1 000 after them, relative to a replica that never saw them, ${how}`,
      unit: "×",
      samples: ratios(after, before),
      target: atMost(1.1),
      floor: `list, ${how}`,
    },
  ];
}

/** A replica with 1 000 presences of its own, in virtual time. */
class LongLivedReplica {
  readonly replication = new Replication({
    self: { name: "tokyo", id: "tokyo", startedAt: 0 },
    broadcastPeriodMs: 1_500,
    maxSilentPeriods: 2,
    downPeriodMs: 30_000,
    permdownPeriodMs: 20 * MINUTE,
    flushDelayMs: 10,
    leaveDelayMs: 0,
    random: Math.random,
    newId: () => "unused",
  });
  #now = 0;

  constructor() {
    this.replication.step({ type: "start" }, 0);
    for (let owner = 0; owner < LISTS; owner++) this.replication.join(owner, TOPIC, `user ${owner}`, {}, 0);
  }

  /** Runs these incarnations one after the other, and waits until the last one is forgotten. */
  addAndKillAll(nameOf: (number: number) => string, from: number, to: number): void {
    for (let number = from; number < to; number++) this.#addAndKill(nameOf(number), number);
    this.#advance(60);
  }

  #addAndKill(name: string, number: number): void {
    const remote = new RemoteReplica(`${number}`, number + 1);
    const sender: ReplicaIncarnation = { name, id: remote.replica, startedAt: number };
    const fragment = remote.send(Array.from({ length: 50 }, () => remote.join(TOPIC)));
    this.#receive({ type: "delta", sender, counter: 1, seen: remote.seen, fragment });
    equal(this.replication.presences.countOfReplica(sender.id), 50);
    this.#advance(1);
  }

  /** Advances the time. The replica receives its own heartbeats, as from a pub/sub. */
  #advance(minutes: number): void {
    for (const end = this.#now + minutes * MINUTE; this.#now < end; this.#now += 1_500) {
      const effects = this.replication.step({ type: "tick" }, this.#now);
      for (const effect of effects) {
        if (effect.type !== "publish" || effect.outgoing.type !== "heartbeat") continue;
        this.#receive({ ...effect.outgoing, sender: effect.sender, counter: 0 });
      }
    }
  }

  #receive(message: ReplicaMessage): void {
    this.replication.step({ type: "message", message }, this.#now);
  }
}

function timeLists({ replication }: LongLivedReplica): number {
  const [, ms] = time(() => {
    let sum = 0;
    for (let list = 0; list < LISTS; list++) sum += replication.presences.list(TOPIC).length;
    return sum;
  });
  return ms;
}
