import type { PresenceSetOptions } from "../../crdt/presence-set.ts";
import { LimitError } from "../../errors.ts";
import { RESERVED_BYTES } from "../../wire/format.ts";
import { assertFits, assertMessageBytes } from "../../wire/limits.ts";
import type { ResolvedTrackerOptions } from "../options/tracker-options.ts";

type MessageLimits = Pick<
  ResolvedTrackerOptions,
  "pubsub" | "maxTopicBytes" | "maxKeyBytes" | "maxMetaBytes"
>;

/**
 * A check that refuses a presence too large for one message of the transport. Returns `undefined` when the limits of topic,
 * key and meta make sure that every presence fits.
 *
 * @throws {LimitError} when a message of the transport is too small for any presence.
 */
export function messageSizeCheck(options: MessageLimits): PresenceSetOptions["admit"] {
  const { pubsub, maxTopicBytes, maxKeyBytes, maxMetaBytes } = options;
  const { maxMessageBytes } = pubsub;
  if (maxMessageBytes === undefined) return undefined;
  assertMessageBytes(maxMessageBytes);
  if (maxTopicBytes + maxKeyBytes + maxMetaBytes <= maxMessageBytes - RESERVED_BYTES) return undefined;
  return (presence) => assertFits(presence, maxMessageBytes);
}

/**
 * Refuses one more presence when there are `held` already and `allowed` is the limit.
 *
 * @throws {LimitError}
 */
export function assertBelowLimit(limit: keyof typeof HOLDERS, held: number, allowed: number): void {
  if (held < allowed) return;
  throw new LimitError(
    `${HOLDERS[limit]} already holds ${held} presences; ${limit} is ${allowed}. ` +
      `Untrack one first, or raise ${limit}.`,
    { limit, given: held + 1, allowed },
  );
}

const HOLDERS = {
  maxPerOwner: "This owner",
  maxPerKey: "This key of this topic",
  maxPerTopic: "This topic",
} as const;
