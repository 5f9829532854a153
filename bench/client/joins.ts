import type { PresenceDiff, PresenceState } from "../../src/client/index.ts";
import type { Figure } from "../figure.ts";
import { time } from "../measure.ts";
import type { Effort } from "../suite.ts";
import { beside, figuresOf } from "./beside.ts";
import { crowd, keyOf, meta, parsed } from "./subjects.ts";

const CROWD = 10_000;
const JOINS = 200;

const comers = Array.from({ length: JOINS }, (_, join) => CROWD + join);

/** New keys come one by one to 10 000 who are there; nobody reads the list in between. */
export function newKeys({ runs }: Effort): Figure[] {
  const diffs = comers.map((number) => joinOf(keyOf(number), number));
  return figuresOf("one join into 10 000 keys", joins(runs, crowd(CROWD), diffs), 5);
}

/** One key under which 10 000 are counted, as `viewers`, and one by one others come. */
export function crowdedKey({ runs }: Effort): Figure[] {
  const metas = Array.from({ length: CROWD }, (_, number) => meta(number));
  const diffs = comers.map((number) => joinOf("viewers", number));
  return figuresOf("one join on a key with 10 000 metas", joins(runs, { viewers: { metas } }, diffs), 10);
}

function joins(runs: number, state: PresenceState, diffs: readonly PresenceDiff[]) {
  const { join } = beside(runs, (subject) => {
    subject.state(parsed(state));
    const payloads = diffs.map(parsed);
    const [, ms] = time(() => {
      for (const payload of payloads) subject.diff(payload);
    });
    return { join: (ms * 1_000) / JOINS };
  });
  return join;
}

function joinOf(key: string, number: number): PresenceDiff {
  return { joins: { [key]: { metas: [meta(number)] } }, leaves: {} };
}
