import fc from "fast-check";
import { expect, it } from "vitest";
import type { MutableState, State } from "../../../src/payload.ts";
import type { PresenceMessage } from "../../../src/presence/presence-message.ts";
import type { Subscription } from "../../../src/presence/subscription.ts";
import { PROPERTY_RUNS } from "../../support/property-runs.ts";
import { flushPromises, openPresence } from "../open-presence.ts";

const KEYS = ["alice", "bob", "carol", "dave"];
const keys = fc.uniqueArray(fc.constantFrom(...KEYS), { maxLength: 4 });
const reader = fc.nat(3);

/** What happens. A reader is one of four subscriptions, which are made as they are needed. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("track" as const),
      owner: fc.nat(5),
      key: fc.constantFrom(...KEYS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("update" as const),
      owner: fc.nat(5),
      key: fc.constantFrom(...KEYS),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("untrack" as const), owner: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("subscribe" as const),
      reader,
      keys: fc.option(keys),
      windowMs: fc.constantFrom(0, 40),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("add" as const, "remove" as const), reader, keys }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("pause" as const, "resume" as const, "unsubscribe" as const),
      reader,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail-listener" as const), reader }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("answer" as const, "fail" as const), at: fc.nat(5) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(0, 10, 50, 1_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("slow" as const, "fast" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A reader that puts the messages together, and checks that each fits what it has. */
class Reader {
  readonly subscription: Subscription;
  keys: Set<string> | undefined;
  isPaused = false;
  throws = false;
  /** The refs that it has been sent, with their keys. */
  #shown: Map<string, string> | undefined = undefined;

  constructor(
    subscribe: (listener: (message: PresenceMessage<State>) => void) => Subscription,
    keys: string[] | null,
  ) {
    this.keys = keys === null ? undefined : new Set(keys);
    this.subscription = subscribe((message) => this.#receive(message));
  }

  get shown(): string[] {
    return Array.from(this.#shown ?? [["no state", ""]], ([ref, key]) => `${key} ${ref}`).sort();
  }

  #receive(message: PresenceMessage<State>): void {
    expect(this.isPaused, "a paused reader gets nothing").toBe(false);
    if (this.throws) {
      this.throws = false;
      throw new Error("the listener failed");
    }
    if (message.event === "presence_state") {
      this.#shown = new Map(refsIn(message.payload));
      return;
    }
    const { joins, leaves } = message.payload;
    expect([...refsIn(joins), ...refsIn(leaves)].length, "an empty diff").toBeGreaterThan(0);
    for (const [ref] of refsIn(leaves))
      expect(this.#shown!.delete(ref), "a leave of what was never sent").toBe(true);
    for (const [ref, key] of refsIn(joins)) {
      expect(this.#shown!.has(ref), "a join of what was sent").toBe(false);
      this.#shown!.set(ref, key);
    }
  }
}

it("a subscription has assembled exactly the presences of its keys, whatever happens", async () => {
  let checks = 0;
  const play = async (steps: readonly Step[]): Promise<void> => {
    let isSlow = false;
    const pending: { answer: () => void; fail: () => void }[] = [];
    const fetch = (_topic: string, presences: MutableState): State | Promise<State> => {
      if (!isSlow) return presences;
      return new Promise((resolve, reject) =>
        pending.push({ answer: () => resolve(presences), fail: () => reject(new Error("no database")) }),
      );
    };
    const opened = await openPresence({ fetch });
    const { presence, clock } = opened;
    const readers = new Map<number, Reader>();
    const isHeld = (owner: string, key: string) =>
      presence.presencesOf(owner).some((held) => held.key === key);
    const held = new Map<string, string>();
    for (const one of steps) {
      switch (one.kind) {
        case "track":
          if (!isHeld(`${one.owner}`, one.key)) presence.track(`${one.owner}`, "lobby", one.key);
          break;
        case "update":
          if (isHeld(`${one.owner}`, one.key)) presence.update(`${one.owner}`, "lobby", one.key, {});
          break;
        case "untrack":
          presence.untrack(`${one.owner}`);
          break;
        case "subscribe": {
          if (readers.has(one.reader)) break;
          const options = { diffWindowMs: one.windowMs, ...(one.keys && { keys: one.keys }) };
          const made = new Reader(
            (listener) => presence.subscribe("lobby", listener as never, options),
            one.keys,
          );
          readers.set(one.reader, made);
          break;
        }
        case "add":
        case "remove": {
          const watched = readers.get(one.reader)?.keys;
          if (watched === undefined) break;
          const { subscription } = readers.get(one.reader)!;
          if (one.kind === "add") subscription.addKeys(...one.keys);
          else subscription.removeKeys(...one.keys);
          for (const key of one.keys) {
            if (one.kind === "add") watched.add(key);
            else watched.delete(key);
          }
          break;
        }
        case "pause":
        case "resume":
        case "unsubscribe": {
          const found = readers.get(one.reader);
          if (found === undefined) break;
          found.subscription[one.kind]();
          found.isPaused = one.kind === "pause";
          if (one.kind === "unsubscribe") readers.delete(one.reader);
          break;
        }
        case "fail-listener": {
          const found = readers.get(one.reader);
          if (found !== undefined) found.throws = true;
          break;
        }
        case "answer":
        case "fail":
          pending.splice(one.at % (pending.length || 1), 1)[0]?.[one.kind]();
          await flushPromises();
          break;
        case "pass":
          clock.advance(one.ms);
          await flushPromises();
          break;
        case "slow":
        case "fast":
          isSlow = one.kind === "slow";
          break;
      }
    }
    isSlow = false;
    for (const each of readers.values()) {
      each.subscription.resume();
      each.isPaused = false;
    }
    for (let round = 0; round < 6; round++) {
      for (const { answer } of pending.splice(0)) answer();
      await flushPromises();
      clock.advance(31_000);
      await flushPromises();
    }
    for (let owner = 0; owner <= 5; owner++)
      for (const { key, meta } of presence.presencesOf(`${owner}`)) held.set(meta.phx_ref, key);
    for (const { keys, shown } of readers.values()) {
      const visible = [...held].filter(([, key]) => keys?.has(key) ?? true);
      expect(shown).toEqual(visible.map(([ref, key]) => `${key} ${ref}`).sort());
      checks++;
    }
    await opened.close();
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), play), {
    numRuns: Math.ceil(PROPERTY_RUNS / 2),
    endOnFailure: true,
  });
  expect(checks).toBeGreaterThan(0);
});

function refsIn(state: State): [ref: string, key: string][] {
  return Object.entries(state).flatMap(([key, { metas }]) =>
    metas.map(({ phx_ref }): [string, string] => [phx_ref, key]),
  );
}
