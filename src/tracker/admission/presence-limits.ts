import type { PresenceSetOptions } from "../../crdt/presence-set.ts";
import { RESERVED_BYTES } from "../../wire/format.ts";
import { assertFits, assertMessageBytes } from "../../wire/limits.ts";
import type { ResolvedTrackerOptions } from "../options/tracker-options.ts";

type MessageLimits = Pick<
  ResolvedTrackerOptions,
  "pubsub" | "maxTopicBytes" | "maxKeyBytes" | "maxMetaBytes"
>;

/**
 * What refuses a presence that no message of the transport could carry; nothing, where the limits of its parts see to it.
 *
 * @throws {LimitError} when the transport's messages are too small for anything.
 */
export function messageSizeCheck(options: MessageLimits): PresenceSetOptions["admit"] {
  const { pubsub, maxTopicBytes, maxKeyBytes, maxMetaBytes } = options;
  const { maxMessageBytes } = pubsub;
  if (maxMessageBytes === undefined) return undefined;
  assertMessageBytes(maxMessageBytes);
  if (maxTopicBytes + maxKeyBytes + maxMetaBytes <= maxMessageBytes - RESERVED_BYTES) return undefined;
  return (presence) => assertFits(presence, maxMessageBytes);
}
