import type { Figure } from "../figure.ts";
import { time } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { compareClients, figuresOf } from "./compare-clients.ts";
import { type ComparedClient, copyAsParsed, sizesUpTo, stateOf, turnsForSize } from "./compared-client.ts";

/** A timed part covers at least this many keys: a small state goes into several clients. */
const KEYS_TIMED = 10_000;

/** The first state, in several sizes, and then the same state again, as after a reconnect without changes. */
export function firstState(effort: Effort): Figure[] {
  const { runs } = effort;
  return sizesUpTo(effort).flatMap(({ keys, times }) => {
    const state = stateOf(keys);
    const clients = Math.ceil(KEYS_TIMED / keys);
    const { first, again } = compareClients({ runs, turns: turnsForSize(keys), clients }, (compared) => ({
      first: timeState(compared),
      again: timeState(compared),
    }));
    return [
      ...figuresOf(`first state of ${grouped(keys)}, per key`, first, times),
      ...figuresOf(`the same state of ${grouped(keys)} again, per key`, again, times),
    ];

    /** µs per key. */
    function timeState(compared: readonly ComparedClient[]): number {
      const payloads = compared.map(() => copyAsParsed(state));
      const [, ms] = time(() => {
        for (const [at, client] of compared.entries()) client.state(payloads[at]!);
      });
      return (ms * 1_000) / (keys * clients);
    }
  });
}
