import type { LimitError } from "../../errors.ts";

/**
 * The reason that a client gets when its message exceeds a limit of a presence or of the pub/sub. Returns `undefined` for any other
 * error. The reason is for the client, so it does not contain the limit itself.
 */
export function limitReasonOf(thrown: unknown): string | undefined {
  const { code, limit } = (thrown ?? {}) as Partial<LimitError>;
  // Compares the code: a process may hold two copies of this package.
  return code === "LIMIT" ? REASONS.get(limit) : undefined;
}

const REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ["maxPresenceChangesPerSecond", "too many presence changes"],
  ["maxPerTopic", "room is full"],
  ["maxPerKey", "too many presences of this key"],
  ["maxPerOwner", "too many presences"],
  ["maxTopicBytes", "topic too long"],
  ["maxKeyBytes", "key too long"],
  ["maxMetaBytes", "meta too large"],
  ["maxMessageBytes", "message too large"],
]);
