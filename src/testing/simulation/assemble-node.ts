import { InvalidArgumentError } from "../../errors.ts";
import type { Meta } from "../../payload.ts";
import type { Counts } from "../../presence/count-only.ts";
import { assemblePresence } from "../../presence/create-presence.ts";
import type { Presence } from "../../presence/presence.ts";
import { assembleTracker } from "../../tracker/create-tracker.ts";
import type { TrackerEvents } from "../../tracker/events/tracker-events.ts";
import type { TrackerOptions } from "../../tracker/options/tracker-options.ts";
import type { Tracker } from "../../tracker/tracker.ts";
import type { TrackerCore } from "../../tracker/tracker-core.ts";
import type { SimulatedTrackerOptions } from "./tracker-times.ts";

/** The calls that a tracker and a presence have in common, as far as the simulation makes them. */
export interface NodeCalls
  extends Pick<Tracker, "count" | "keyCount" | "topics" | "presencesOf" | "replicas" | "traffic" | "close"> {
  track(owner: string, topic: string, key: string, meta: Meta): string;
  update(owner: string, topic: string, key: string, meta: Meta): string;
  untrack(owner: string, ...one: [] | [topic: string, key: string]): void;
  end(owner: string): void;
  on<Name extends Exclude<keyof TrackerEvents, "diff">>(
    name: Name,
    listener: (...parameters: TrackerEvents[Name]) => unknown,
  ): unknown;
}

/** A node that is neither subscribed nor started: a tracker, or a presence that replicates counts. */
export interface AssembledNode {
  readonly calls: NodeCalls;
  readonly core: TrackerCore;
  readonly tracker: Tracker | undefined;
  readonly presence: Presence<Meta, Counts<string>> | undefined;
}

type ProvidedOptions = Required<Pick<TrackerOptions, "pubsub" | "clock" | "random" | "replicaName">>;

/** @throws {InvalidArgumentError} for a wrong option, and for a `fetch` without `replicate: "counts"`. */
export function assembleNode(options: SimulatedTrackerOptions, provided: ProvidedOptions): AssembledNode {
  const { fetch, replicate = "presences", ...trackerOptions } = options;
  if (replicate === "presences") {
    if (fetch !== undefined)
      throw new InvalidArgumentError(
        'fetch was given without replicate: "counts"; the nodes of a simulation are trackers, which have no fetch. Pass both, or neither.',
      );
    const { tracker, core } = assembleTracker({ ...trackerOptions, ...provided });
    return { calls: tracker, core, tracker, presence: undefined };
  }
  const { presence, core } = assemblePresence<Meta, Counts<string>>({
    ...trackerOptions,
    ...provided,
    ...(fetch !== undefined && { fetch }),
    replicate,
  });
  return { calls: presence as object as NodeCalls, core, tracker: undefined, presence };
}
