import type { Refusal } from "../error-origin.ts";
import type { ClientMessage } from "../protocol/serializer.ts";

type Shut = Refusal & { readonly closeCode: number };

/** A client that sends this many times the allowed rate is closed, and not only refused. */
export const FLOOD_FACTOR = 10;

export function flooded({ maxMessagesPerSecond }: { readonly maxMessagesPerSecond: number }): Shut {
  const message =
    `A client sent more than ${FLOOD_FACTOR * maxMessagesPerSecond} messages and pings a second, ten times maxMessagesPerSecond, so ` +
    "its socket was closed. Raise the limit if your clients send as many.";
  return { reason: "maxMessagesPerSecond", during: "receive", closeCode: 1008, message };
}

/** The reference closes with 1011 when it can't decode a message. */
export const UNREADABLE: Shut = {
  reason: "message",
  during: "receive",
  closeCode: 1011,
  message:
    "A message of a client could not be decoded, so its socket was closed. Check that the client speaks the version of its vsn.",
};

/** The code of the error for a message over `maxFrameBytes`, from transports that have no such code of their own. */
export const FRAME_TOO_LARGE = "FRAME_TOO_LARGE";

/** The refusal for an error of a transport, which are mostly those that `ws` emits, or `undefined` for another kind of error, such as a lost connection. */
export function refusedFrame(
  error: Error & { readonly code?: unknown },
  { maxFrameBytes }: { readonly maxFrameBytes: number },
): Shut | undefined {
  const { code } = error;
  if (typeof code !== "string") return undefined;
  if (TOO_LARGE.has(code)) {
    const message =
      `A message of a client has more than ${maxFrameBytes} bytes, so its socket was closed. Raise maxFrameBytes if your clients send ` +
      "such messages.";
    return { reason: "maxFrameBytes", during: "receive", closeCode: 1009, message };
  }
  if (!code.startsWith("WS_ERR_")) return undefined;
  const closeCode = CLOSE_CODES.get(code) ?? 1002;
  const message = `A client violates the WebSocket protocol (${error.message}), so its socket was closed. Check the client.`;
  return { reason: "protocol", during: "receive", closeCode, message };
}

const TOO_LARGE: ReadonlySet<string> = new Set([
  FRAME_TOO_LARGE,
  "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
  "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
]);

const CLOSE_CODES: ReadonlyMap<string, number> = new Map([
  ["WS_ERR_INVALID_UTF8", 1007],
  ["WS_ERR_TOO_MANY_BUFFERED_PARTS", 1008],
]);

/** The reasons to refuse the body of a POST of a client that polls. */
export type RefusedBody = "too large" | "too slow" | "too many";

/** The refusal of a body, which is answered with `status`. The session of the client goes on. */
export function refusedBody(fault: RefusedBody, maxBytes: number): Refusal & { readonly status: number } {
  const [status, message] = {
    "too large": [
      413,
      `A client that polls sent a body of more than ${maxBytes} bytes. Raise maxBufferedBytes, and maxBytesPerSecond to a fifth of it, ` +
        "if your clients send as much at once.",
    ],
    "too slow": [
      408,
      "A body of a client that polls did not arrive in time. Check its connection, and whether a proxy holds bodies back.",
    ],
    "too many": [
      429,
      "A client that polls sent too many bodies at a time. The official client sends one at a time: check the client.",
    ],
  }[fault] as [number, string];
  return { reason: "body", during: "receive", status, message };
}

/** The topic is in `where.topic`, and not in the message: logs should have no names that clients invent. */
export function unmatchedTopic({ topic, event }: ClientMessage): Refusal {
  const during = event === "phx_join" ? "join" : "receive";
  const message =
    during === "join"
      ? "A client wants to join a topic that has no channel. Add a channel, or check the topic in the client."
      : "A client sent a message to a topic that it has not joined. It may have sent it before it heard that its channel had ended.";
  return { reason: "topic", during, message, ...(typeof topic === "string" && { topic }) };
}
