import type { Presence } from "../presence/presence.ts";

/**
 * What can be looked at: a presence, or a tracker.
 *
 * @example
 * const shown: Inspected = await createTracker({ pubsub });
 */
export interface Inspectable extends Pick<Presence, "replicas" | "traffic" | "topics" | "count"> {
  on(name: "warning", listener: (warning: Error & { readonly code: string }) => unknown): unknown;
  off(name: "warning", listener: (warning: Error & { readonly code: string }) => unknown): unknown;
}
