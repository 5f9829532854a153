import type { Inspectable } from "./inspectable.ts";

/**
 * A topic and its number of presences.
 *
 * @example
 * const busiest: TopicCount = { topic: "article:7", count: 12 };
 */
export interface TopicCount {
  readonly topic: string;
  readonly count: number;
}

/** Counts all topics, and lists the `limit` largest. Among equally large topics, the oldest come first. */
export function largestTopics(
  inspectable: Pick<Inspectable, "topics" | "count">,
  limit: number,
): { readonly presences: number; readonly count: number; readonly largest: readonly TopicCount[] } {
  const topics = inspectable.topics();
  let presences = 0;
  let largest: TopicCount[] = [];
  let threshold = 0;
  for (const topic of topics) {
    const count = inspectable.count(topic);
    presences += count;
    if (count <= threshold) continue;
    largest.push({ topic, count });
    // Sorts in small portions, because there may be a million topics.
    if (largest.length < 2 * limit) continue;
    largest = sorted(largest).slice(0, limit);
    threshold = largest.at(-1)!.count;
  }
  return { presences, count: topics.length, largest: sorted(largest).slice(0, limit) };
}

function sorted(topics: TopicCount[]): TopicCount[] {
  return topics.sort((one, other) => other.count - one.count);
}
