import fc from "fast-check";
import type { Meta, State } from "../../payload.ts";
import { type DiffStep, diffs } from "./diffs.ts";
import { FaultChoices } from "./fault-choices.ts";
import { DEFAULT_LENGTH, type HistoryOptions } from "./histories.ts";

/**
 * What a client of one topic gets, and a reducer is made for.
 *
 * @example
 * const message: PresenceMessage = { event: "presence_diff", payload: { joins: {}, leaves: {} } };
 */
export type PresenceStreamMessage<M extends Meta = Meta> =
  | { readonly event: "presence_state"; readonly payload: State<M> }
  | {
      readonly event: "presence_diff";
      readonly payload: { readonly joins: State<M>; readonly leaves: State<M> };
    };

/**
 * One message, and who is there once it was taken in.
 *
 * @example
 * const { message, state }: PresenceStreamStep = step;
 */
export interface PresenceStreamStep<M extends Meta = Meta> {
  /** What the client gets. */
  readonly message: PresenceStreamMessage<M>;
  /** What it must then show. The order of keys and of metas is not part of it. */
  readonly state: State<M>;
}

/**
 * What a client of one topic hears from when it joined: a `presence_state`, then `presence_diff`s, and now and then, after it was
 * cut off and missed some, a `presence_state` again. With each comes who must be shown. For reducers of your own.
 *
 * @example
 * fc.assert(fc.property(presenceStreams(), (stream) => {
 *   let mine = empty;
 *   for (const { message, state } of stream) {
 *     mine = reduce(mine, message);
 *     assert.deepEqual(names(mine), Object.keys(state).sort());
 *   }
 * }));
 */
export function presenceStreams<M extends Meta = Meta>(
  options: Omit<HistoryOptions, "topics"> & { readonly meta?: fc.Arbitrary<M> } = {},
): fc.Arbitrary<readonly PresenceStreamStep<M>[]> {
  const { length = DEFAULT_LENGTH } = options;
  return fc
    .tuple(new FaultChoices(length), diffs<M>({ ...options, topics: [TOPIC] }))
    .map(([fates, steps]) => {
      const joinedAt = fates[0]! % (steps.length + 1);
      const before = steps[joinedAt - 1]?.states.get(TOPIC) ?? nobody<M>();
      const stream: PresenceStreamStep<M>[] = [stateStep(before)];
      let isCutOff = false;
      for (const [at, step] of steps.slice(joinedAt).entries()) {
        const fate = fates[(at + 1) % fates.length]! % 10;
        const state = step.states.get(TOPIC) ?? nobody<M>();
        if (isCutOff && fate < 5) stream.push(stateStep(state));
        else if (!isCutOff && fate < 9) stream.push({ message: diffMessage(step), state });
        isCutOff = isCutOff ? fate >= 5 : fate === 9;
      }
      return stream;
    });
}

const TOPIC = "lobby";

function stateStep<M extends Meta>(state: State<M>): PresenceStreamStep<M> {
  // A copy: a reducer that changes what it is given shall not change what is demanded of it.
  const payload = nobody<M>();
  for (const [key, { metas }] of Object.entries(state)) payload[key] = { metas: [...metas] };
  return { message: { event: "presence_state", payload }, state };
}

function diffMessage<M extends Meta>({ diff }: DiffStep<M>): PresenceStreamMessage<M> {
  return { event: "presence_diff", payload: diff.get(TOPIC)! };
}

function nobody<M extends Meta>(): State<M> {
  return Object.create(null);
}
