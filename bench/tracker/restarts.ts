import { equal } from "node:assert/strict";
import { Replication } from "../../src/replication/replication.ts";
import type { ReplicaIncarnation, ReplicaMessage } from "../../src/wire/replica-message.ts";
import { RemoteReplica } from "../crdt/remote-replica.ts";
import { atMost, type Figure, ratios } from "../figure.ts";
import { heapBytesOf, rounds, time } from "../measure.ts";
import type { Effort } from "../subject.ts";

const STARTS = 1_000;
/** Before it is measured: the code itself, once compiled, takes room too. */
const WARM_UP = 300;
const LISTS = 1_000;
const TOPIC = "lobby";
const MINUTE = 60_000;

/** One replica lives on while others come with 50 presences each and are killed, 1 000 times: each a minute after the last. */
export function restarts({ runs }: Effort): Figure[] {
  return [
    ...among(runs, "under one name", () => "guest"),
    ...among(runs, "each under a name of its own", (start) => `guest ${start}`),
  ];
}

function among(runs: number, how: string, nameOf: (start: number) => string): Figure[] {
  const observer = new Observer();
  observer.meetAll(nameOf, 0, WARM_UP);
  const quiet = new Observer();
  const [, bytes] = heapBytesOf(() => observer.meetAll(nameOf, WARM_UP, WARM_UP + STARTS));
  const { before, after } = rounds(runs, () => ({ before: timeLists(quiet), after: timeLists(observer) }));
  equal(observer.replication.presences.count(TOPIC), LISTS);
  equal(observer.replication.presences.replicas().length, 1);
  equal([...observer.replication.members.all()].length, 0);
  equal(observer.replication.tombstones.size, 0);
  return [
    { work: `heap that is left of 1 000 starts ${how}`, unit: "B", samples: [bytes], floor: `heap, ${how}` },
    {
      work: `list 1 000 after them, to where nobody came, ${how}`,
      unit: "×",
      samples: ratios(after, before),
      target: atMost(1.1),
      floor: `list, ${how}`,
    },
  ];
}

/** A replica with 1 000 presences of its own, and time that passes when it is told. */
class Observer {
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

  /** They come one by one, and the last of them is forgotten. */
  meetAll(nameOf: (start: number) => string, from: number, to: number): void {
    for (let start = from; start < to; start++) this.#meet(nameOf(start), start);
    this.#wait(60);
  }

  #meet(name: string, start: number): void {
    const author = new RemoteReplica(`${start}`, start + 1);
    const sender: ReplicaIncarnation = { name, id: author.replica, startedAt: start };
    const fragment = author.send(Array.from({ length: 50 }, () => author.join(TOPIC)));
    this.#hear({ type: "delta", sender, counter: 1, seen: author.seen, fragment });
    equal(this.replication.presences.sizeOf(sender.id), 50);
    this.#wait(1);
  }

  /** So many minutes, in which it hears itself. */
  #wait(minutes: number): void {
    for (const end = this.#now + minutes * MINUTE; this.#now < end; this.#now += 1_500) {
      const effects = this.replication.step({ type: "tick" }, this.#now);
      for (const effect of effects) {
        if (effect.type !== "publish" || effect.outgoing.type !== "heartbeat") continue;
        this.#hear({ ...effect.outgoing, sender: effect.sender, counter: 0 });
      }
    }
  }

  #hear(message: ReplicaMessage): void {
    this.replication.step({ type: "message", message }, this.#now);
  }
}

function timeLists({ replication }: Observer): number {
  const [, ms] = time(() => {
    let sum = 0;
    for (let list = 0; list < LISTS; list++) sum += replication.presences.list(TOPIC).length;
    return sum;
  });
  return ms;
}
