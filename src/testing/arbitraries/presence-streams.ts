import fc from "fast-check";
import type { Meta, State } from "../../payload.ts";
import { type DiffStep, diffs } from "./diffs.ts";
import { FaultChoices } from "./fault-choices.ts";
import { DEFAULT_LENGTH, type HistoryOptions } from "./histories.ts";

/**
 * A message that a client of one topic receives.
 *
 * @example
 * const message: PresenceStreamMessage = { event: "presence_diff", payload: { joins: {}, leaves: {} } };
 */
export type PresenceStreamMessage<M extends Meta = Meta> =
  | { readonly event: "presence_state"; readonly payload: State<M> }
  | {
      readonly event: "presence_diff";
      readonly payload: { readonly joins: State<M>; readonly leaves: State<M> };
    };

/**
 * One message, and the presences after it.
 *
 * @example
 * const { message, state }: PresenceStreamStep = step;
 */
export interface PresenceStreamStep<M extends Meta = Meta> {
  /** The message that the client receives. */
  readonly message: PresenceStreamMessage<M>;
  /** What the client must show after it. The order of keys and metas does not matter. */
  readonly state: State<M>;
}

/**
 * The messages that a client of one topic receives after it joins: a `presence_state`, then `presence_diff`s, and another
 * `presence_state` after each reconnect. Each message comes with what the client must show after it. Use it for property
 * tests of your own reducers.
 *
 * @example
 * fc.assert(fc.property(presenceStreams(), (stream) => {
 *   let presences = empty;
 *   for (const { message, state } of stream) {
 *     presences = reduce(presences, message);
 *     assert.deepEqual([...presences.keys()].sort(), Object.keys(state).sort());
 *   }
 * }));
 */
export function presenceStreams<M extends Meta = Meta>(
  options: Omit<HistoryOptions, "topics"> & { readonly meta?: fc.Arbitrary<M> } = {},
): fc.Arbitrary<readonly PresenceStreamStep<M>[]> {
  const { length = DEFAULT_LENGTH } = options;
  return fc
    .tuple(new FaultChoices(length), diffs<M>({ ...options, topics: [TOPIC] }))
    .map(([faults, steps]) => {
      const joinedAt = faults[0]! % (steps.length + 1);
      const before = steps[joinedAt - 1]?.states.get(TOPIC) ?? emptyState<M>();
      const stream: PresenceStreamStep<M>[] = [stateStep(before)];
      let isDisconnected = false;
      for (const [index, step] of steps.slice(joinedAt).entries()) {
        const fault = faults[(index + 1) % faults.length]! % 10;
        const state = step.states.get(TOPIC) ?? emptyState<M>();
        if (isDisconnected && fault < 5) stream.push(stateStep(state));
        else if (!isDisconnected && fault < 9) stream.push({ message: diffMessage(step), state });
        isDisconnected = isDisconnected ? fault >= 5 : fault === 9;
      }
      return stream;
    });
}

const TOPIC = "lobby";

function stateStep<M extends Meta>(state: State<M>): PresenceStreamStep<M> {
  return { message: { event: "presence_state", payload: copyAsMessage(state) }, state };
}

function diffMessage<M extends Meta>({ diff }: DiffStep<M>): PresenceStreamMessage<M> {
  const { joins, leaves } = diff.get(TOPIC)!;
  return { event: "presence_diff", payload: { joins: copyAsMessage(joins), leaves: copyAsMessage(leaves) } };
}

/**
 * A copy, so that a reducer that changes the message does not change the expected state. An ordinary object, as subscribers
 * and `JSON.parse` give it.
 */
function copyAsMessage<M extends Meta>(state: State<M>): State<M> {
  return Object.fromEntries(Object.entries(state).map(([key, { metas }]) => [key, { metas: [...metas] }]));
}

function emptyState<M extends Meta>(): State<M> {
  return Object.create(null);
}
