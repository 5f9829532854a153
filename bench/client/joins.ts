import type { PresenceDiff, PresenceState } from "../../src/client/index.ts";
import type { Figure } from "../figure.ts";
import { time } from "../measure.ts";
import { grouped } from "../number-text.ts";
import type { Effort } from "../subject.ts";
import { compareClients, figuresOf } from "./compare-clients.ts";
import { copyAsParsed, keyOf, metaNumber, sizesUpTo, stateOf, turnsForSize } from "./compared-client.ts";

const METAS = 10_000;
const JOINS = 200;

/** New keys join one by one. The list is not read in between. */
export function newKeys(effort: Effort): Figure[] {
  const { runs } = effort;
  return sizesUpTo(effort).flatMap(({ keys, times }) => {
    const diffs = numbersFrom(keys).map((number) => joinOf(keyOf(number), number));
    return figuresOf(
      `one join into ${grouped(keys)} ${keys === 1 ? "key" : "keys"}`,
      joins(runs, stateOf(keys), diffs),
      times,
    );
  });
}

/** One key with 10 000 metas, as when `viewers` are counted under it. More join it one by one. */
export function crowdedKey({ runs }: Effort): Figure[] {
  const metas = Array.from({ length: METAS }, (_, number) => metaNumber(number));
  const diffs = numbersFrom(METAS).map((number) => joinOf("viewers", number));
  return figuresOf("one join on a key with 10 000 metas", joins(runs, { viewers: { metas } }, diffs), 10);
}

function joins(runs: number, state: PresenceState, diffs: readonly PresenceDiff[]) {
  const turns = turnsForSize(Object.keys(state).length);
  const { join } = compareClients({ runs, turns }, ([client]) => {
    client!.state(copyAsParsed(state));
    const payloads = diffs.map(copyAsParsed);
    const [, ms] = time(() => {
      for (const payload of payloads) client!.diff(payload);
    });
    return { join: (ms * 1_000) / JOINS };
  });
  return join;
}

function numbersFrom(first: number): number[] {
  return Array.from({ length: JOINS }, (_, join) => first + join);
}

function joinOf(key: string, number: number): PresenceDiff {
  return { joins: { [key]: { metas: [metaNumber(number)] } }, leaves: {} };
}
