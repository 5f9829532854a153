import type { Meta, State } from "../../../src/payload.ts";
import {
  type Counts,
  countOnly,
  type Presence,
  type PresenceOptions,
  type ProjectedDiff,
} from "../../../src/presence/index.ts";
import type { ReplicateMode } from "../../../src/wire/replica-message.ts";

/** The keys that nodes count. */
export const COUNTED_KEYS = ["viewers", "users"] as const;

/** What readers get: presences by key, or their number. */
export type Shown = State | Counts<string>;

/** The options of a presence in each mode. */
export const modeOptions: Readonly<
  Record<ReplicateMode, Pick<PresenceOptions<Meta, Shown>, "fetch" | "replicate">>
> = {
  presences: {},
  counts: { fetch: countOnly(...COUNTED_KEYS), replicate: "counts" },
};

/** How many presences each place has. A place is `topic key`. A place that is missing has none. */
export type Numbers = Readonly<Record<string, number>>;

/** The numbers that a node shows. A total that differs from their sum is a place of its own. */
export async function numbersOf(
  presence: Presence<Meta, Shown>,
  topics: readonly string[],
): Promise<Numbers> {
  const shown = await Promise.all(
    topics.map(async (topic) => {
      const [listed, total] = [presence.list(topic), presence.count(topic)];
      const numbers = numbersIn(topic, await listed);
      const sum = numbers.reduce((before, [, number]) => before + number, 0);
      return sum === total ? numbers : [...numbers, [`${topic} has a count of ${total}`, 1] as const];
    }),
  );
  return Object.fromEntries(shown.flat());
}

/** By how much a diff changes each place. */
export function changesOf(diff: ProjectedDiff<Shown>): Numbers {
  const changes: Record<string, number> = {};
  for (const [topic, { joins, leaves }] of diff) {
    for (const [place, number] of numbersIn(topic, joins)) changes[place] = (changes[place] ?? 0) + number;
    for (const [place, number] of numbersIn(topic, leaves)) changes[place] = (changes[place] ?? 0) - number;
  }
  return changes;
}

function numbersIn(topic: string, shown: Shown): (readonly [place: string, number: number])[] {
  return Object.entries(shown)
    .map(([key, entry]) => [`${topic} ${key}`, "count" in entry ? entry.count : entry.metas.length] as const)
    .filter(([, number]) => number !== 0);
}
