/**
 * Where an error came from: the second argument of `onError`.
 *
 * @example
 * const where: ErrorOrigin = { during: "handleIn", topic: "room:lobby", event: "say" };
 */
export interface ErrorOrigin {
  /**
   * What was running: a function of yours by its name, or `"close"` for a listener of `socket.on("close", …)`, `"upgrade"` for
   * answering a client that wants to connect, `"receive"` for reading a message of a client, `"send"` for sending one, and
   * `"transport"` for sending or reading a message of the pub/sub.
   */
  readonly during:
    | "upgrade"
    | "connect"
    | "checkOrigin"
    | "receive"
    | "join"
    | "afterJoin"
    | "handleIn"
    | "handleOut"
    | "terminate"
    | "close"
    | "send"
    | "transport";
  /** The topic of the channel or the broadcast. Clients may choose it, as they choose events: log `during` and the error instead. */
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

/**
 * Why a client was refused:
 *
 * - `"origin"`: `checkOrigin` does not allow the page. `"version"`: its `vsn` is unknown. `"malformed"`: its request is malformed.
 * - `"connect"`: `connect` refused it. `"disconnected"`: its id was disconnected while `connect` ran.
 * - `"timeout"`: `connect` or `checkOrigin` took longer than `connectTimeoutMs`. `"error"`: one of them, or `addressOf`, failed.
 * - `"maxConnections"`, `"maxConnectionsPerAddress"`, `"maxFrameBytes"`, `"maxMessagesPerSecond"`: it is over this limit.
 * - `"closing"`: the endpoint closed while `connect` ran. It is the only refusal that `onError` does not get.
 * - `"protocol"`: it violates the WebSocket protocol. `"message"`: a message of it cannot be decoded.
 * - `"topic"`: it sent a message to a topic that it has not joined, or that has no channel.
 * - `"body"`: a client that polls sent a body that is too large or too slow, or too many bodies at a time.
 *
 * @example
 * const reason: RefusalReason = "origin";
 */
export type RefusalReason =
  | "origin"
  | "version"
  | "malformed"
  | "connect"
  | "disconnected"
  | "timeout"
  | "error"
  | "closing"
  | "maxConnections"
  | "maxConnectionsPerAddress"
  | "maxFrameBytes"
  | "maxMessagesPerSecond"
  | "protocol"
  | "message"
  | "topic"
  | "body";

/** A client, or a message of it, that was refused. */
export interface Refusal extends ErrorOrigin {
  readonly reason: RefusalReason;
  /** For the log: what was given, what is allowed, what to do. It holds no key, topic or parameter. */
  readonly message: string;
  /** The status of the HTTP answer, if the client was refused before its WebSocket opened, or polls. */
  readonly status?: number;
  /** The code with which its WebSocket is closed, if it is closed. */
  readonly closeCode?: number;
  /** The error that was thrown, if that is the reason. */
  readonly error?: unknown;
}

/** Leaves a trace of a refusal. */
export type ReportRefusal = (refusal: Refusal) => void;
