import type { PresenceMessage } from "./presence-message.ts";

/** Somebody who follows a topic. Once gone, nothing reaches it any more. */
export interface Subscriber<P extends object> {
  readonly listener: (message: PresenceMessage<P>) => unknown;
  isGone: boolean;
}
