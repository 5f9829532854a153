import type { Figure } from "../figure.ts";
import { time } from "../measure.ts";
import type { Effort } from "../suite.ts";
import { beside, figuresOf } from "./beside.ts";
import { crowd, parsed, type Subject } from "./subjects.ts";

const KEYS = 10_000;

/** A state of 10 000 keys, and, as after a reconnect in which nobody came or went, the same once more. */
export function firstState({ runs }: Effort): Figure[] {
  const state = crowd(KEYS);
  const { first, again } = beside(runs, (subject) => ({ first: take(subject), again: take(subject) }));
  return [
    ...figuresOf("first state of 10 000, a key", first, 5),
    ...figuresOf("the same state again, a key", again, 5),
  ];

  /** µs a key. */
  function take(subject: Subject): number {
    const payload = parsed(state);
    const [, ms] = time(() => subject.state(payload));
    return (ms * 1_000) / KEYS;
  }
}
