import type { LimitError } from "../../errors.ts";
import type { JoinResult } from "../channel/channel-handlers.ts";

/** Whether a result of `join` accepts the client. Anything else is a refusal, or a mistake that the channel reports. */
export function isAcceptance(result: JoinResult): boolean {
  return result === undefined || (typeof result === "object" && result !== null && "ok" in result);
}

/**
 * The refusal of a client that a limit keeps out. The reason is for the client, so it does not contain the limit itself.
 *
 * @throws anything else that was thrown.
 */
export function refusalOf(thrown: unknown): { readonly error: { readonly reason: string } } {
  const { code, limit } = (thrown ?? {}) as Partial<LimitError>;
  // Compares the code: a process may hold two copies of this package.
  if (code !== "LIMIT") throw thrown;
  return { error: { reason: REASONS.get(limit) ?? "limit reached" } };
}

const REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ["maxPerTopic", "room is full"],
  ["maxPerKey", "too many presences of this key"],
  ["maxPerOwner", "too many presences"],
  ["maxTopicBytes", "topic too long"],
  ["maxKeyBytes", "key too long"],
  ["maxMetaBytes", "meta too large"],
]);
