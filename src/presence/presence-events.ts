import type { State } from "../payload.ts";
import type { TrackerEvents } from "../tracker/events/tracker-events.ts";
import type { ProjectedChange } from "./presence-message.ts";

/**
 * What changed, by topic, as `fetch` projects it.
 *
 * @example
 * for (const [topic, { joins, leaves }] of diff) console.log(topic, joins, leaves);
 */
export type ProjectedDiff<P extends object = State> = ReadonlyMap<string, ProjectedChange<P>>;

/**
 * The events of a presence, and what their listeners get: those of a tracker, but for `diff`.
 *
 * @example
 * const onDiff = (...[diff]: PresenceEvents["diff"]) => console.log([...diff.keys()]);
 */
export type PresenceEvents<P extends object = State> = Omit<TrackerEvents, "diff"> & {
  /** What changed, here or elsewhere, as `fetch` projects it. For each topic in order, none lost. */
  diff: [diff: ProjectedDiff<P>];
};
