import { afterEach } from "vitest";
import type { RollcallError } from "../../src/errors.ts";
import type { Meta, State } from "../../src/payload.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import type { Presence } from "../../src/presence/presence.ts";
import type { PresenceOptions } from "../../src/presence/presence-options.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** Opens a presence on a manual clock, alone in its cluster by default. It is closed when the test ends. */
export async function openPresence<M extends object = Meta, P extends object = State<M>>(
  options: Partial<PresenceOptions<M, P>> = {},
): Promise<OpenPresence<M, P>> {
  const clock = (options.clock as ManualClock | undefined) ?? manualClock();
  const presence = await createPresence({ pubsub: memoryPubSub(), clock, ...options } as PresenceOptions<
    M,
    P
  >);
  const errors: Error[] = [];
  // Tests advance the clock by minutes at once. No message arrives meanwhile, so the tracker rightly says that it is deaf.
  presence.on("error", (error) => {
    if ((error as RollcallError).code !== "NOT_HEARD") errors.push(error);
  });
  const close = async () => {
    const closed = presence.close();
    clock.advance(10_000);
    await closed;
  };
  open.push(close);
  return { presence, clock, errors, close };
}

interface OpenPresence<M extends object, P extends object> {
  readonly presence: Presence<M, P>;
  readonly clock: ManualClock;
  readonly errors: Error[];
  /** Closes the presence and advances the clock until that is done. */
  readonly close: () => Promise<void>;
}

/** Two nodes that know each other: Tokyo with these options, and Paris with bob in the lobby. */
export async function twoNodes<M extends object = Meta, P extends object = State<M>>(
  options: Partial<PresenceOptions<M, P>> = {},
): Promise<TwoNodes<M, P>> {
  const pubsub = memoryPubSub();
  const network = { isCut: false };
  const paris = await openPresence({
    pubsub: { ...pubsub, publish: (...sent) => (network.isCut ? undefined : pubsub.publish(...sent)) },
    replicaName: "paris",
  });
  const { clock } = paris;
  paris.presence.track("b", "lobby", "bob");
  const tokyo = await openPresence({ ...options, pubsub, clock, replicaName: "tokyo" });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_500) {
      clock.advance(1_500);
      await flushPromises();
    }
  };
  await pass(6_000);
  return { tokyo, paris, network, pass };
}

interface TwoNodes<M extends object, P extends object> {
  readonly tokyo: OpenPresence<M, P>;
  readonly paris: OpenPresence<Meta, State>;
  /** While it is cut, no message of Paris arrives. */
  readonly network: { isCut: boolean };
  /** Advances the clock and delivers messages. */
  readonly pass: (ms: number) => Promise<void>;
}

/** Waits until all settled promises have called their reactions. */
export function flushPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Subscribes and records each message as a text: `state alice bob`, `+carol -bob`. */
export function recordMessages<M extends object>(
  presence: Presence<M>,
  topic: string,
): { readonly received: string[]; readonly stop: () => void } {
  const received: string[] = [];
  const subscription = presence.subscribe(topic, (message) => received.push(summaryOf(message)));
  return { received, stop: () => subscription.unsubscribe() };
}

/** What a message says, without its topic and text. */
type MessageContent =
  | { readonly event: "presence_state"; readonly payload: object }
  | {
      readonly event: "presence_diff";
      readonly payload: { readonly joins: object; readonly leaves: object };
    };

/** A message with raw presences as a text. */
export function summaryOf(message: MessageContent): string {
  if (message.event === "presence_state") return ["state", ...Object.keys(message.payload)].join(" ");
  const joins = Object.keys(message.payload.joins).map((key) => `+${key}`);
  const leaves = Object.keys(message.payload.leaves).map((key) => `-${key}`);
  return [...joins, ...leaves].join(" ") || "nothing";
}

/** One call of a `fetch` that the test settles. */
export interface FetchCall {
  readonly topic: string;
  readonly keys: string[];
  /** Resolves with the presences themselves, or with this projection. */
  answer(projection?: object): Promise<void>;
  fail(reason?: unknown): Promise<void>;
}

/** A `fetch` whose calls the test settles, and the pending calls. */
export function manualFetch(): {
  fetch: (topic: string, presences: State) => Promise<State>;
  pendingCalls: FetchCall[];
} {
  const pendingCalls: FetchCall[] = [];
  const fetch = (topic: string, presences: State) =>
    new Promise<State>((resolve, reject) => {
      const call: FetchCall = {
        topic,
        keys: Object.keys(presences),
        answer: (projection = presences) => end(() => resolve(projection as State)),
        fail: (reason = new Error("the database is away")) => end(() => reject(reason)),
      };
      const end = (settle: () => void) => {
        pendingCalls.splice(pendingCalls.indexOf(call), 1);
        settle();
        return flushPromises();
      };
      pendingCalls.push(call);
    });
  return { fetch, pendingCalls };
}
