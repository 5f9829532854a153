import type { Presence } from "../presence/presence.ts";

/**
 * The part of a presence or tracker that an inspector reads.
 *
 * @example
 * const inspectable: Inspectable = await createTracker({ pubsub });
 */
export interface Inspectable extends Pick<Presence, "replicas" | "traffic" | "topics" | "count"> {
  on(name: "warning", listener: (warning: Error & { readonly code: string }) => unknown): unknown;
  off(name: "warning", listener: (warning: Error & { readonly code: string }) => unknown): unknown;
}
