import type { Presence } from "../presence/presence.ts";
import type { Inspectable } from "./inspectable.ts";
import { largestTopics, type TopicCount } from "./largest-topics.ts";
import type { InspectedWarning } from "./warnings.ts";

/**
 * The JSON of an inspector: numbers, and the names of topics and replicas. It contains no keys and no metas.
 *
 * @example
 * const { presences, replicas }: Inspection = await (await fetch("http://localhost:4001/json")).json();
 */
export interface Inspection {
  /** The time of the inspection, in ms since the process started, by a monotonic clock. Use it to calculate rates. */
  readonly takenAtMs: number;
  /** The number of presences in all topics, as this node sees them. */
  readonly presences: number;
  readonly topics: {
    /** The number of topics with at least one presence. */
    readonly count: number;
    /** The topics with the most presences, largest first; at most `maxTopics`. */
    readonly largest: readonly TopicCount[];
  };
  /** All replicas that this one knows, itself first. */
  readonly replicas: ReturnType<Presence["replicas"]>;
  /** The traffic of the transport since the tracker started. */
  readonly traffic: ReturnType<Presence["traffic"]>;
  /** The 50 latest distinct warnings, newest first. */
  readonly warnings: readonly InspectedWarning[];
}

export function inspect(
  inspectable: Inspectable,
  warnings: readonly InspectedWarning[],
  maxTopics: number,
): Inspection {
  const { presences, count, largest } = largestTopics(inspectable, maxTopics);
  return {
    takenAtMs: performance.now(),
    presences,
    topics: { count, largest },
    replicas: inspectable.replicas(),
    traffic: inspectable.traffic(),
    warnings,
  };
}
