import type { State } from "../payload.ts";
import type { TrackerEvents } from "../tracker/events/tracker-events.ts";
import type { ProjectedChange } from "./presence-message.ts";

/**
 * The joins and leaves of each topic, as `fetch` projects them.
 *
 * @example
 * for (const [topic, { joins, leaves }] of diff) console.log(topic, joins, leaves);
 */
export type ProjectedDiff<P extends object = State> = ReadonlyMap<string, ProjectedChange<P>>;

/**
 * The events of a presence and the parameters of their listeners. Only `diff` differs from the events of a tracker.
 *
 * @example
 * const onDiff = (...[diff]: PresenceEvents["diff"]) => console.log([...diff.keys()]);
 */
export type PresenceEvents<P extends object = State> = Omit<TrackerEvents, "diff"> & {
  /** Presences joined or left, on this node or on another. `fetch` has projected them. The diffs of a topic come in order. */
  diff: [diff: ProjectedDiff<P>];
};
