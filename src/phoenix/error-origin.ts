/**
 * Where an error came from: the second argument of `onError`.
 *
 * @example
 * const where: ErrorOrigin = { during: "handleIn", topic: "room:lobby", event: "say" };
 */
export interface ErrorOrigin {
  /**
   * What was running: a function of yours by its name, or `"close"` for a listener of `socket.on("close", …)`, `"send"` for sending
   * a message to a client, and `"transport"` for sending or reading a message of the pub/sub.
   */
  readonly during:
    | "connect"
    | "checkOrigin"
    | "join"
    | "afterJoin"
    | "handleIn"
    | "handleOut"
    | "terminate"
    | "close"
    | "send"
    | "transport";
  /** The topic of the channel or the broadcast. */
  readonly topic?: string;
  /** The event that the client or the server sent. */
  readonly event?: string;
  /** The id that `connect` gave the socket. */
  readonly id?: string;
  /** How many errors of this kind were left out since the last call, because there were too many. */
  readonly suppressed?: number;
}

/** Passes an error on to `onError`. */
export type ReportError = (error: unknown, where: ErrorOrigin) => void;
