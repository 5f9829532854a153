import type { Figure } from "../figure.ts";
import { time } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { compareClients, figuresOf } from "./compare-clients.ts";
import { type ComparedClient, copyAsParsed, sizesUpTo, stateOf, turnsForSize } from "./compared-client.ts";

/** So many keys at least are taken in by one timed part: of a small state, by as many clients as that takes. */
const KEYS_TIMED = 10_000;

/** A state of several sizes, and, as after a reconnect in which nobody came or went, the same once more. */
export function firstState(effort: Effort): Figure[] {
  const { runs } = effort;
  return sizesUpTo(effort).flatMap(({ keys, times }) => {
    const state = stateOf(keys);
    const clients = Math.ceil(KEYS_TIMED / keys);
    const { first, again } = compareClients({ runs, turns: turnsForSize(keys), clients }, (subjects) => ({
      first: take(subjects),
      again: take(subjects),
    }));
    return [
      ...figuresOf(`first state of ${grouped(keys)}, a key`, first, times),
      ...figuresOf(`the same state of ${grouped(keys)} again, a key`, again, times),
    ];

    /** µs a key. */
    function take(subjects: readonly ComparedClient[]): number {
      const payloads = subjects.map(() => copyAsParsed(state));
      const [, ms] = time(() => {
        for (const [at, subject] of subjects.entries()) subject.state(payloads[at]!);
      });
      return (ms * 1_000) / (keys * clients);
    }
  });
}
