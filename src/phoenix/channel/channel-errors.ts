import { checkArgument } from "../../checks/check-argument.ts";
import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError, LimitError } from "../../errors.ts";
import { withLogMessage } from "../../log-message.ts";
import type { ReplyRef } from "./channel-socket.ts";

/** @throws {InvalidArgumentError} */
export function assertEvent(event: unknown): void {
  checkArgument(
    "event",
    event,
    typeof event === "string",
    "a string",
    "Pass the event first, then its payload.",
  );
}

/** @throws {InvalidArgumentError} */
export function assertReplyRef(ref: ReplyRef): void {
  const isRef = typeof ref?.ref === "string";
  checkArgument("ref", ref, isRef, "the last parameter of handleIn", "Keep that parameter, and pass it on.");
}

/** Whether the server chose the name that is too long for a binary frame, and not the client. */
export function isServerFault(thrown: unknown): boolean {
  return thrown instanceof LimitError && (thrown.limit === "event" || thrown.limit === "status");
}

export function handleOutTooSlow(event: string, allowed: number): LimitError {
  const message = (broadcast: string): string =>
    `Too many messages of the socket wait for handlers, so ${broadcast} can't wait for handleOut, and the channel ended. ` +
    "Make handleOut faster, or raise maxPendingMessages.";
  const details = { limit: "maxPendingMessages", given: allowed + 1, allowed };
  return withLogMessage(
    new LimitError(message(`the broadcast ${describeValue(event)}`), details),
    message("a broadcast"),
  );
}

export function bytesNotCarried(event: string): InvalidArgumentError {
  const message = (broadcast: string): string =>
    `The payload of ${broadcast} is bytes, which a client of version 1.0.0, or one that polls, can't get. Send an object.`;
  const error = new InvalidArgumentError(message(`the broadcast ${describeValue(event)}`));
  return withLogMessage(error, message("a broadcast"));
}
