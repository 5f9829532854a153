import type { Presence } from "../presence/presence.ts";
import type { Inspectable } from "./inspectable.ts";
import { largestTopics, type TopicCount } from "./largest-topics.ts";
import type { InspectedWarning } from "./warnings.ts";

/**
 * What an inspector shows, as its JSON has it: numbers, and names of topics and replicas. No keys, and no metas.
 *
 * @example
 * const { presences, replicas }: Inspection = await (await fetch("http://localhost:4001/json")).json();
 */
export interface Inspection {
  /** When this was so, in ms of a clock that only goes forward and begins with the process: rates are differences over it. */
  readonly takenAtMs: number;
  /** How many presences readers of this node see, in all topics. */
  readonly presences: number;
  readonly topics: {
    /** How many have at least one presence. */
    readonly count: number;
    /** Those with the most presences, at most `maxTopics`, the largest first. */
    readonly largest: readonly TopicCount[];
  };
  /** Every replica that this one knows, itself first. */
  readonly replicas: ReturnType<Presence["replicas"]>;
  /** What went over the transport since the tracker began. */
  readonly traffic: ReturnType<Presence["traffic"]>;
  /** The latest warnings, at most 50 different ones, the last first. */
  readonly warnings: readonly InspectedWarning[];
}

export function inspect(
  inspected: Inspectable,
  warnings: readonly InspectedWarning[],
  maxTopics: number,
): Inspection {
  const { presences, count, largest } = largestTopics(inspected, maxTopics);
  return {
    takenAtMs: performance.now(),
    presences,
    topics: { count, largest },
    replicas: inspected.replicas(),
    traffic: inspected.traffic(),
    warnings,
  };
}
