import type { IncomingMessage } from "node:http";
import type { PubSub } from "../pubsub/pubsub.ts";
import type { Clock } from "../time/clock.ts";
import type { Promised } from "./channel/channel-handlers.ts";
import type { CheckOrigin } from "./connect/check-origin.ts";

/**
 * What an endpoint is made with. Checked once, when it is created.
 *
 * @example
 * const options: EndpointOptions<{ userId: string }> = {
 *   connect: (params) => ({ assigns: { userId: params.get("user") ?? "anonymous" } }),
 *   idleTimeoutMs: 90_000,
 * };
 */
export interface EndpointOptions<Assigns extends object = Record<string, unknown>> {
  /**
   * Lets a client in, or not, before there is a connection. Where it throws, the client gets HTTP 500, and `onError` the error.
   *
   * @param params What the client gave in the address, `vsn` among it.
   * @returns What channels know of it; nothing, or `false`, to refuse it by HTTP 403.
   * @defaultValue everybody is let in
   */
  connect?: (params: URLSearchParams, request: IncomingMessage) => Promised<Connected<Assigns> | Refused>;

  /**
   * From which pages browsers may connect. Who sends no Origin, as programs don't, is let in.
   *
   * @defaultValue `true`: pages of the host that the request names
   */
  checkOrigin?: CheckOrigin;

  /**
   * What carries broadcasts and disconnects to the endpoints of other processes. It may be that of your presence.
   *
   * @defaultValue none: they reach the sockets of this endpoint
   */
  pubsub?: PubSub;

  /**
   * Keeps endpoints that share a transport apart: 1 to 40 letters, digits, `_`, `.` and `-`.
   *
   * @defaultValue "rollcall"
   */
  clusterName?: string;

  /**
   * Gets what handlers throw, and what the pub/sub could not carry.
   *
   * @defaultValue it is emitted as a warning of the process
   */
  onError?: (error: Error, where: ErrorOrigin) => void;

  /**
   * How long a client may send nothing at all, in ms, before it is closed with 1000. The official client sends a heartbeat
   * every 30 s.
   *
   * @defaultValue 60 000
   */
  idleTimeoutMs?: number;

  /**
   * The most bytes a client may send in one message. A larger one closes it with 1009.
   *
   * @defaultValue 65 536
   */
  maxFrameBytes?: number;

  /**
   * The most bytes that may wait for one client to read them. One that has more waiting when the next message comes
   * is cut off. More than your largest presence state.
   *
   * @defaultValue 1 048 576
   */
  maxBufferedBytes?: number;

  /**
   * The most topics a socket may have joined. One more is refused with `too many channels joined`.
   *
   * @defaultValue 100
   */
  maxChannels?: number;

  /**
   * The most messages a client may send in a second, as many of them at once as it likes. What is over it is refused with `too many messages`.
   * Heartbeats and leaves are counted, but never refused. Ten times as many, WebSocket pings among them, close it with 1008.
   *
   * @defaultValue 300
   */
  maxMessagesPerSecond?: number;

  /**
   * The most messages of a client that may wait for handlers that are at work. What is over it, or over
   * `maxBufferedBytes` in all, is refused with `too many messages waiting`.
   *
   * @defaultValue 300
   */
  maxPendingMessages?: number;

  /**
   * Where time comes from.
   *
   * @defaultValue `systemClock`
   */
  clock?: Clock;
}

/**
 * A client that was let in.
 *
 * @example
 * const alice: Connected<{ userId: string }> = { assigns: { userId: "42" }, id: "users:42" };
 */
export interface Connected<Assigns extends object = Record<string, unknown>> {
  /** What channels know of the client. Each channel gets a copy, one level deep. */
  readonly assigns: Assigns;
  /** What `endpoint.disconnect` names it by. Many sockets may have the same. */
  readonly id?: string | undefined;
}

/**
 * A client that was not let in.
 *
 * @example
 * const stranger: Refused = false;
 */
export type Refused = false | null | undefined;

/**
 * Where an error came from.
 *
 * @example
 * const where: ErrorOrigin = { during: "handleIn", topic: "room:lobby", event: "say" };
 */
export interface ErrorOrigin {
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
  /** The topic of the channel. */
  readonly topic?: string;
  /** As the client or a broadcast named it. */
  readonly event?: string;
  /** The id of the socket. */
  readonly id?: string;
}
