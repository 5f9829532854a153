import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { State } from "../../src/payload.ts";
import { type Counts, countOnly } from "../../src/presence/count-only.ts";
import type { Presence } from "../../src/presence/presence.ts";
import type { PresenceMessage, ProjectedChange } from "../../src/presence/presence-message.ts";
import type { Fetch } from "../../src/presence/presence-options.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { seededRandom } from "../../src/testing/seeded-random.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { flushPromises, openPresence } from "./open-presence.ts";

type Film = Counts<"viewers" | "users">;
type Sum = { viewers: number; users: number };

/** The `diffWindowMs` of each node. */
const NODES = [0, 0, 100] as const;
const TOPICS = ["film", "song"] as const;
const OWNERS = ["a", "b", "c"] as const;

const node = fc.nat(NODES.length - 1);
const owner = fc.constantFrom(...OWNERS);
const topic = fc.constantFrom(...TOPICS);
const key = fc.constantFrom("viewers", "viewers", "users", "carol");
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("track" as const), node, owner, topic, key }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("update" as const), node, owner, topic, key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("untrack" as const), node, owner, topic, key }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("end" as const), node, owner }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("subscribe" as const),
      node,
      topic,
      windowMs: fc.constantFrom(0, 40),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const), node, isCut: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(10, 60, 1_500, 40_000) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const schedule = fc.array(step, { minLength: 40, maxLength: 40, size: "max" });

/** What `countOnly` shows, written by hand. Every change that changes no count is sent, as one of zeros or of equal numbers. */
const byHand: Fetch<object, Film> = (_topic, presences: State<object>) => ({
  viewers: { count: presences["viewers"]?.metas.length ?? 0 },
  users: { count: presences["users"]?.metas.length ?? 0 },
});

describe("the messages of countOnly, for any changes on several nodes, any windows and lost connections", () => {
  it("add up to the true counts, and to what a fetch by hand adds up to", async () => {
    await fc.assert(
      fc.asyncProperty(schedule, async (steps) => {
        const counted = await Cluster.open(countOnly("viewers", "users"));
        const written = await Cluster.open(byHand);
        for (const step of steps) {
          await counted.play(step);
          await written.play(step);
          expect(counted.immediateSums()).toEqual(written.immediateSums());
        }
        await counted.end();
        await written.end();
      }),
      { numRuns: Math.ceil(PROPERTY_RUNS / 4) },
    );
  });
});

interface ReaderOptions {
  readonly node: number;
  readonly topic: string;
  readonly windowMs: number;
  /** Whether each diff must be a net change. */
  readonly isNet: boolean;
}

/** A subscriber, or the listener of `diff` for one topic: adds up the messages. */
class Reader {
  readonly node: number;
  readonly topic: string;
  readonly windowMs: number;
  /** The sum after each message. */
  readonly sums: Sum[];

  readonly #isNet: boolean;

  constructor({ node, topic, windowMs, isNet }: ReaderOptions, sums: Sum[] = []) {
    this.node = node;
    this.topic = topic;
    this.windowMs = windowMs;
    this.#isNet = isNet;
    this.sums = sums;
  }

  /** Whether each change reaches it at once. */
  get isImmediate(): boolean {
    return this.windowMs === 0 && NODES[this.node] === 0;
  }

  get sum(): Sum | undefined {
    return this.sums.at(-1);
  }

  readonly message = (message: PresenceMessage<Film>): void => {
    if (message.event === "presence_state") this.sums.push(sumOf(message.payload));
    else this.change(message.payload);
  };

  change({ joins, leaves }: ProjectedChange<Film>): void {
    const former = this.sum ?? expect.fail("a diff before the state");
    const [more, less] = [sumOf(joins), sumOf(leaves)];
    if (this.#isNet) {
      expect(more.viewers + more.users + less.viewers + less.users, "a diff of zeros").toBeGreaterThan(0);
      expect([more.viewers * less.viewers, more.users * less.users], "a key on both sides").toEqual([0, 0]);
    }
    const viewers = former.viewers + more.viewers - less.viewers;
    const users = former.users + more.users - less.users;
    expect(Math.min(viewers, users), "a count below zero").toBeGreaterThanOrEqual(0);
    this.sums.push({ viewers, users });
  }
}

class Cluster {
  readonly #clock = manualClock();
  readonly #nodes: { presence: Presence<object, Film>; close: () => Promise<void>; isCut: boolean }[] = [];
  readonly #readers: Reader[] = [];
  readonly #isNet: boolean;

  private constructor(isNet: boolean) {
    this.#isNet = isNet;
  }

  /** Clusters that play the same steps take the same random numbers. */
  static async open(fetch: Fetch<object, Film>): Promise<Cluster> {
    const isNet = fetch !== byHand;
    const cluster = new Cluster(isNet);
    const pubsub = memoryPubSub();
    for (const [at, diffWindowMs] of NODES.entries()) {
      const isCut = () => cluster.#nodes[at]?.isCut ?? false;
      const { presence, close } = await openPresence<object, Film>({
        pubsub: { ...pubsub, publish: (...sent) => (isCut() ? undefined : pubsub.publish(...sent)) },
        clock: cluster.#clock,
        random: seededRandom(at + 1),
        replicaName: `node ${at}`,
        leaveDelayMs: at === 1 ? 50 : 0,
        maxPresenceChangesPerSecond: Number.POSITIVE_INFINITY,
        diffWindowMs,
        fetch,
      });
      cluster.#nodes.push({ presence, close, isCut: false });
      const listening = new Map<string, Reader>();
      for (const topic of TOPICS) {
        listening.set(topic, new Reader({ node: at, topic, windowMs: 0, isNet }, [{ viewers: 0, users: 0 }]));
      }
      presence.on("diff", (diff) => {
        for (const [topic, change] of diff) listening.get(topic)!.change(change);
      });
      cluster.#readers.push(...listening.values());
    }
    return cluster;
  }

  async play(step: Step): Promise<void> {
    switch (step.kind) {
      case "pass":
        for (let passed = 0; passed < step.ms; passed += 1_500) await this.#pass(Math.min(1_500, step.ms));
        break;
      case "cut":
        this.#nodes[step.node]!.isCut = step.isCut;
        break;
      case "subscribe": {
        const reader = new Reader({ ...step, isNet: this.#isNet });
        const { presence } = this.#nodes[step.node]!;
        presence.subscribe(step.topic, reader.message, { diffWindowMs: step.windowMs });
        this.#readers.push(reader);
        break;
      }
      default:
        this.#change(step);
    }
    for (const reader of this.#readers) {
      if (reader.isImmediate && reader.sum !== undefined) expect(reader.sum).toEqual(this.#countsOf(reader));
    }
  }

  immediateSums(): (Sum | undefined)[] {
    return this.#readers.filter(({ isImmediate }) => isImmediate).map(({ sum }) => sum);
  }

  /** Heals the network, waits until every message has arrived and every window has ended, checks, and closes. */
  async end(): Promise<void> {
    for (const node of this.#nodes) node.isCut = false;
    for (let period = 0; period < 30; period++) await this.#pass(1_500);
    for (const reader of this.#readers) {
      expect(reader.sum).toEqual(this.#countsOf(reader));
      expect(reader.sum).toEqual(this.#trackedIn(reader.topic));
      if (NODES[reader.node] === 0) this.#assertFollows(reader);
    }
    for (const { close } of this.#nodes) await close();
  }

  /** The sums of a reader with a window must be counts that its node really had, in order. */
  #assertFollows({ node, topic, sums }: Reader): void {
    const history = this.#readers.find((reader) => reader.node === node && reader.topic === topic)!.sums;
    let moment = 0;
    for (const { viewers, users } of sums) {
      while (history[moment] && (history[moment]!.viewers !== viewers || history[moment]!.users !== users))
        moment++;
      expect(moment, "counts that the node really had").toBeLessThan(history.length);
    }
  }

  /** The counts in the view of the reader's node. */
  #countsOf({ node, topic }: Reader): Sum {
    const { presence } = this.#nodes[node]!;
    return { viewers: presence.count(topic, "viewers"), users: presence.count(topic, "users") };
  }

  /** The number of presences that the owners of all nodes hold. */
  #trackedIn(topic: string): Sum {
    const sum = { viewers: 0, users: 0 };
    for (const { presence } of this.#nodes) {
      for (const held of OWNERS.flatMap((owner) => presence.presencesOf(owner))) {
        if (held.topic === topic && held.key in sum) sum[held.key as keyof Sum]++;
      }
    }
    return sum;
  }

  #change(step: Extract<Step, { owner: string }>): void {
    const { presence } = this.#nodes[step.node]!;
    if (step.kind === "end") {
      presence.end(step.owner);
      return;
    }
    const { kind, owner, topic, key } = step;
    const isHeld = presence.presencesOf(owner).some((held) => held.topic === topic && held.key === key);
    if (kind === "untrack") presence.untrack(owner, topic, key);
    else if (kind === "update" && isHeld) presence.update(owner, topic, key, {});
    else if (kind === "track" && !isHeld) presence.track(owner, topic, key, {});
  }

  async #pass(ms: number): Promise<void> {
    this.#clock.advance(ms);
    await flushPromises();
  }
}

function sumOf({ viewers, users }: Film): Sum {
  return { viewers: viewers.count, users: users.count };
}
