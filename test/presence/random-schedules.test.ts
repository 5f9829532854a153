import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { State } from "../../src/payload.ts";
import type { Presence } from "../../src/presence/presence.ts";
import type { PresenceMessage, ProjectedChange } from "../../src/presence/presence-message.ts";
import { TopicFeeds } from "../../src/presence/topic-feeds.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { flushPromises, openPresence } from "./open-presence.ts";

/** The projection: it shows refs and hides keys and metas. */
type Refs = { refs: string[] };
type Step = { [Kind in keyof Steps]: { kind: Kind } & Steps[Kind] }[keyof Steps];
interface Steps {
  track: { owner: string; topic: string; key: string };
  update: { owner: string; topic: string; key: string };
  untrack: { owner: string };
  subscribe: { topic: string; isEcho: boolean; windowMs: number };
  unsubscribe: { at: number };
  listen: object;
  answer: { at: number };
  fail: { at: number };
  switch: { mode: Mode };
  pass: { ms: number };
  turn: object;
}
type Mode = "synchronous" | "asynchronous" | "throws";

const owner = fc.constantFrom("owner-1", "owner-2", "owner-3");
const topic = fc.constantFrom("lobby", "lobby", "kitchen");
const key = fc.constantFrom("secret-alice", "secret-bob");
const at = fc.nat(7);
const slot = { owner, topic, key };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("track" as const), ...slot }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("update" as const), ...slot }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("untrack" as const), owner }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("subscribe" as const),
      topic,
      isEcho: fc.boolean(),
      windowMs: fc.constantFrom(0, 40),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("unsubscribe" as const), at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("listen" as const) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("answer" as const), at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const), at }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("switch" as const),
      mode: fc.constantFrom<Mode>("synchronous", "asynchronous", "asynchronous", "throws"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(10, 100, 1_000, 5_000) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("turn" as const) }) },
);
const schedule = fc.array(step, { minLength: 60, maxLength: 60, size: "max" });

type AnyFeeds = TopicFeeds<object, object>;

/** The feeds get each diff before `fetch`: the history of a topic is made of these diffs. */
const { onDiff } = TopicFeeds.prototype;

afterEach(() => {
  vi.restoreAllMocks();
});

describe("any schedule of changes, subscriptions, answers, failures and time", () => {
  for (const diffWindowMs of [0, 100]) {
    it(`reaches subscribers without gap, overlap or user, with a diff window of ${diffWindowMs} ms`, async () => {
      await fc.assert(
        fc.asyncProperty(schedule, async (steps) => {
          const running = await Schedule.open(diffWindowMs);
          for (const step of steps) await running.play(step);
          await running.end();
        }),
        { numRuns: Math.ceil(PROPERTY_RUNS / 4) },
      );
    });
  }
});

/** The messages of one subscriber, replayed: a set of refs after each message. */
class Replay {
  readonly sets: ReadonlySet<string>[] = [];
  isOver = false;

  state({ refs }: Refs): void {
    this.sets.push(new Set(refs));
  }

  diff({ joins, leaves }: ProjectedChange<Refs>): void {
    const held = new Set(this.sets.at(-1));
    const { size } = held;
    for (const ref of leaves.refs) expect(held.delete(ref), "a leave of a presence that is there").toBe(true);
    for (const ref of joins.refs) expect(held.has(ref), "a join of a presence that is not there").toBe(false);
    for (const ref of joins.refs) held.add(ref);
    expect(held.size).toBe(size + joins.refs.length - leaves.refs.length);
    expect(joins.refs.length + leaves.refs.length, "an empty diff").toBeGreaterThan(0);
    this.sets.push(held);
  }

  message(message: PresenceMessage<Refs>): void {
    expect(String(message)).not.toContain("secret");
    expect(this.isOver, "a message after the end").toBe(false);
    if (message.event === "presence_state") this.state(message.payload);
    else if (this.sets.length === 0) expect.fail("a diff before the state");
    else this.diff(message.payload);
  }

  /** Each set must equal a state that the topic really had, and these states must come in order. */
  follows(history: readonly ReadonlySet<string>[]): void {
    let moment = 0;
    for (const set of this.sets) {
      while (moment < history.length && !isEqual(history[moment]!, set)) moment++;
      expect(moment, "a state that the topic really had").toBeLessThan(history.length);
    }
  }
}

class Schedule {
  readonly #opened: Awaited<ReturnType<typeof openPresence<Record<string, never>, Refs>>>;
  readonly #history: TopicHistory;
  readonly #replays: { topic: string; replay: Replay; stop: () => void }[] = [];
  readonly #listening = new Map<string, Replay>();
  readonly #listener: (diff: ReadonlyMap<string, ProjectedChange<Refs>>) => void;
  readonly #broken: unknown[] = [];

  static async open(diffWindowMs: number): Promise<Schedule> {
    const history = new TopicHistory();
    vi.spyOn(TopicFeeds.prototype, "onDiff").mockImplementation(function (this: AnyFeeds, diff) {
      history.note(diff as Parameters<TopicHistory["note"]>[0]);
      onDiff.call(this, diff);
    });
    return new Schedule(
      await openPresence<Record<string, never>, Refs>({ diffWindowMs, fetch: history.fetch }),
      history,
    );
  }

  constructor(
    opened: Awaited<ReturnType<typeof openPresence<Record<string, never>, Refs>>>,
    history: TopicHistory,
  ) {
    this.#opened = opened;
    this.#history = history;
    this.#listener = (diff) => {
      expect(JSON.stringify([...diff])).not.toContain("secret");
      for (const [topic, change] of diff) this.#listening.get(topic)?.diff(change);
    };
    opened.presence.on("error", (error) => {
      const isOfFetch = "topic" in error && !`${error.stack}`.includes("secret");
      if (!isOfFetch) this.#broken.push(error);
    });
  }

  async play(step: Step): Promise<void> {
    const { presence, clock } = this.#opened;
    switch (step.kind) {
      case "track":
        if (!isHeld(presence, step)) presence.track(step.owner, step.topic, step.key);
        break;
      case "update":
        if (isHeld(presence, step)) presence.update(step.owner, step.topic, step.key, {});
        break;
      case "untrack":
        presence.untrack(step.owner);
        break;
      case "subscribe":
        this.#subscribe(step.topic, step.isEcho, step.windowMs);
        break;
      case "unsubscribe": {
        const [ended] = this.#replays.splice(step.at, 1);
        if (ended === undefined) break;
        ended.stop();
        ended.replay.isOver = true;
        ended.replay.follows(this.#history.historyOf(ended.topic));
        break;
      }
      case "listen":
        if (this.#listening.size > 0) break;
        for (const topic of ["lobby", "kitchen"]) {
          const replay = new Replay();
          replay.state({ refs: [...this.#history.historyOf(topic).at(-1)!] });
          this.#listening.set(topic, replay);
        }
        // A topic with subscribers may still have an earlier diff in fetch: listen only without subscribers.
        if (this.#replays.length > 0) this.#listening.clear();
        else presence.on("diff", this.#listener);
        break;
      case "answer":
        this.#history.pendingCalls.splice(step.at % (this.#history.pendingCalls.length || 1), 1)[0]?.answer();
        await flushPromises();
        break;
      case "fail":
        this.#history.pendingCalls.splice(step.at % (this.#history.pendingCalls.length || 1), 1)[0]?.fail();
        await flushPromises();
        break;
      case "switch":
        this.#history.mode = step.mode;
        break;
      case "pass":
        clock.advance(step.ms);
        await flushPromises();
        break;
      case "turn":
        await flushPromises();
        break;
    }
    expect(this.#broken).toEqual([]);
  }

  /** Lets every fetch succeed until all messages have arrived. */
  async end(): Promise<void> {
    const { clock, close } = this.#opened;
    this.#history.mode = "synchronous";
    for (let round = 0; round < 5; round++) {
      for (const { answer } of this.#history.pendingCalls.splice(0)) answer();
      await flushPromises();
      clock.advance(30_000);
      await flushPromises();
    }
    for (const { topic, replay } of this.#replays) {
      const history = this.#history.historyOf(topic);
      replay.follows(history);
      expect(replay.sets.at(-1)).toEqual(history.at(-1));
    }
    for (const [topic, replay] of this.#listening) {
      const history = this.#history.historyOf(topic);
      replay.follows(history);
      expect(replay.sets.at(-1)).toEqual(history.at(-1));
    }
    expect(this.#broken).toEqual([]);
    await close();
  }

  #subscribe(topic: string, isEcho: boolean, windowMs: number): void {
    const { presence, clock } = this.#opened;
    const replay = new Replay();
    let echoes = isEcho ? 2 : 0;
    let isInside = true;
    let lastDiffAt = Number.NEGATIVE_INFINITY;
    const listener = (message: PresenceMessage<Refs>): void => {
      expect(isInside, "a call inside subscribe").toBe(false);
      replay.message(message);
      if (message.event === "presence_diff") {
        expect(clock.now(), "a second diff in a window").toBeGreaterThanOrEqual(lastDiffAt + windowMs);
        lastDiffAt = clock.now();
      }
      if (echoes-- <= 0) return;
      for (const key of ["secret-echo", "secret-answer"]) {
        const echo = { owner: `echo-${echoes}`, topic, key };
        if (isHeld(presence, echo)) presence.untrack(echo.owner);
        else presence.track(echo.owner, topic, key);
        if (echoes === 0) this.#subscribe(topic, false, windowMs);
      }
    };
    const subscription = presence.subscribe(topic, listener, { diffWindowMs: windowMs });
    isInside = false;
    this.#replays.push({ topic, replay, stop: () => subscription.unsubscribe() });
  }
}

/** The true history of each topic, and a `fetch` that the test controls. */
class TopicHistory {
  mode: Mode = "asynchronous";
  readonly pendingCalls: { answer: () => void; fail: () => void }[] = [];
  readonly #histories = new Map<string, ReadonlySet<string>[]>();

  readonly fetch = (_topic: string, presences: State<Record<string, never>>): Refs | Promise<Refs> => {
    const projection = {
      refs: Object.values(presences).flatMap(({ metas }) => metas.map((meta) => meta.phx_ref)),
    };
    if (this.mode === "throws") throw new Error("down");
    if (this.mode === "synchronous") return projection;
    return new Promise((resolve, reject) =>
      this.pendingCalls.push({ answer: () => resolve(projection), fail: () => reject(new Error("failed")) }),
    );
  };

  historyOf(topic: string): ReadonlySet<string>[] {
    const history = this.#histories.get(topic) ?? [new Set<string>()];
    this.#histories.set(topic, history);
    return history;
  }

  note(
    diff: ReadonlyMap<string, { joins: State<Record<string, never>>; leaves: State<Record<string, never>> }>,
  ): void {
    for (const [topic, { joins, leaves }] of diff) {
      const history = this.historyOf(topic);
      const next = new Set(history.at(-1));
      for (const { metas } of Object.values(leaves)) for (const { phx_ref } of metas) next.delete(phx_ref);
      for (const { metas } of Object.values(joins)) for (const { phx_ref } of metas) next.add(phx_ref);
      history.push(next);
    }
  }
}

function isHeld(
  presence: Presence<Record<string, never>, Refs>,
  slot: { owner: string; topic: string; key: string },
): boolean {
  return presence.presencesOf(slot.owner).some(({ topic, key }) => topic === slot.topic && key === slot.key);
}

function isEqual(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && Array.from(one).every((ref) => other.has(ref));
}
