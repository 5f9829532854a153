import type { LimitError } from "../../errors.ts";
import type { JoinResult } from "../channel/channel-handlers.ts";
import { limitReasonOf } from "../channel/limit-reasons.ts";

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
  const { code } = (thrown ?? {}) as Partial<LimitError>;
  // Compares the code: a process may hold two copies of this package.
  if (code !== "LIMIT") throw thrown;
  return { error: { reason: limitReasonOf(thrown) ?? "limit reached" } };
}
