import type { Inspectable } from "./inspectable.ts";

/**
 * A topic, and how many presences it has.
 *
 * @example
 * const busiest: TopicCount = { topic: "article:7", count: 12 };
 */
export interface TopicCount {
  readonly topic: string;
  readonly count: number;
}

/** All topics are counted, and the largest named; of those that are equal, the ones that are there longest. */
export function largestTopics(
  inspected: Pick<Inspectable, "topics" | "count">,
  most: number,
): { readonly presences: number; readonly count: number; readonly largest: readonly TopicCount[] } {
  const topics = inspected.topics();
  let presences = 0;
  let largest: TopicCount[] = [];
  let least = 0;
  for (const topic of topics) {
    const count = inspected.count(topic);
    presences += count;
    if (count <= least) continue;
    largest.push({ topic, count });
    // Sorted now and then, and never all: there may be a million of them.
    if (largest.length < 2 * most) continue;
    largest = sorted(largest).slice(0, most);
    least = largest.at(-1)!.count;
  }
  return { presences, count: topics.length, largest: sorted(largest).slice(0, most) };
}

function sorted(topics: TopicCount[]): TopicCount[] {
  return topics.sort((one, other) => other.count - one.count);
}
