import type { IncomingMessage } from "node:http";
import type { PubSub } from "../pubsub/pubsub.ts";
import type { Clock } from "../time/clock.ts";
import type { Promised } from "./async/promised.ts";
import type { CheckOrigin } from "./connect/check-origin.ts";
import type { Connected, Refused } from "./connect/handshake.ts";
import type { ErrorOrigin } from "./error-origin.ts";

/**
 * The options of `createEndpoint`. They are checked once, when the endpoint is created.
 *
 * @example
 * const options: EndpointOptions<{ userId: string }> = {
 *   connect: (params) => ({ assigns: { userId: params.get("user") ?? "anonymous" } }),
 *   idleTimeoutMs: 90_000,
 * };
 */
export interface EndpointOptions<Assigns extends object = Record<string, unknown>> {
  /**
   * Accepts or refuses a client before its WebSocket opens, or before its session begins if it polls. If it throws or rejects, the client gets HTTP 500, and `onError` gets the
   * error.
   *
   * @param params The query parameters of the request's URL: the `params` of the official client, and `vsn`. If one is given more
   * than once, the last value wins, as in Phoenix.
   * @returns `{ assigns, id? }` to accept the client; `false`, `null` or nothing to refuse it with HTTP 403.
   * @defaultValue accepts all clients, with empty `assigns`
   */
  connect?: (params: URLSearchParams, request: IncomingMessage) => Promised<Connected<Assigns> | Refused>;

  /**
   * How long `connect` and `checkOrigin` together may take, in ms. Then the client gets HTTP 503, `onError` gets a `RefusedError`, and
   * a late result is dropped. It is as long as the official client waits for a join.
   *
   * @defaultValue 10 000
   */
  connectTimeoutMs?: number;

  /**
   * Which web pages may connect. A request from another page gets HTTP 403. A request without an Origin header is always allowed:
   * browsers send this header with every WebSocket request, and most other programs do not. Therefore this option protects the users
   * of browsers only; use `connect` to authenticate a client.
   *
   * @defaultValue `true`: pages from the host that the request is for
   */
  checkOrigin?: CheckOrigin;

  /**
   * How many connections the endpoint may have, including those that wait for `connect`. A client that polls has one until its session
   * ends. A further one gets HTTP 503 before any of your functions runs. Choose what the memory of the process carries, and less than its limit of open files.
   *
   * @defaultValue none: `Infinity`
   */
  maxConnections?: number;

  /**
   * How many connections an address may have, including those that wait for `connect`. A further one gets HTTP 429. An office or a
   * mobile carrier may hide thousands of users behind one address, so there is no limit by default.
   *
   * @defaultValue none: `Infinity`
   */
  maxConnectionsPerAddress?: number;

  /**
   * Where a request comes from, for `maxConnectionsPerAddress`. Behind a proxy, all connections come from the address of the proxy, so
   * read the header that your proxy sets; a header that clients can set themselves limits nothing. If it throws or returns no string,
   * the client gets HTTP 500, and `onError` gets the error. It is not called without that limit.
   *
   * @defaultValue the IPv4 address of the connection, or the first 64 bits of its IPv6 address
   */
  addressOf?: (request: IncomingMessage) => string;

  /**
   * Carries broadcasts and disconnects to the endpoints of other processes. It may be the pub/sub of your presence.
   *
   * @defaultValue none: broadcasts and disconnects reach the sockets of this endpoint only
   */
  pubsub?: PubSub;

  /**
   * Separates clusters that share a pub/sub: 1 to 40 letters, digits, `_`, `.` and `-`.
   *
   * @defaultValue "rollcall"
   */
  clusterName?: string;

  /**
   * Signs the messages between the endpoints, so that only processes with the same secret can broadcast and disconnect: a string of
   * at least 16 characters, or an array of such strings, of which the first signs and all are accepted. It may be the secret of your
   * presence. `docs/secret.md` describes how to introduce and to replace a secret without losing messages.
   *
   * @defaultValue none: messages have a checksum only, and anyone who can publish on the pub/sub can broadcast
   */
  secret?: string | readonly string[];

  /**
   * Whether to accept messages that are not signed, although there is a `secret`. Set it for the deploy that introduces the secret,
   * and remove it with the next. Without a `secret` it is refused.
   *
   * @defaultValue `false`
   */
  acceptUnsigned?: boolean;

  /**
   * Whether clients may poll over HTTP where they can't keep a WebSocket open. The official client does so with `longPollFallbackMs`,
   * and with `transport: LongPoll`. With `false`, it gets HTTP 404.
   *
   * @defaultValue `true`
   */
  longPoll?: boolean;

  /**
   * Gets the errors that handlers, `connect` and `checkOrigin` throw, and those of sending to clients and to other processes. For each
   * client that was refused, it gets a `RefusedError`.
   *
   * It is called at most 10 times in 10 s for each kind of error, so that a client can't fill a log: a kind is a `where.during` with
   * the name and code of an error. If there are more, the newest follows at the end of the 10 s, and `where.suppressed` says how
   * many were left out. The messages of errors of this package contain no keys, topics, events or payloads of clients.
   *
   * @defaultValue emits the error as a warning of the process
   */
  onError?: (error: Error, where: ErrorOrigin) => void;

  /**
   * How long a client may send nothing, in ms. Then its socket is closed with 1001, and the official client reconnects. It sends a
   * heartbeat every 30 s. Time in which the process stood still does not count. It does not apply to a client that polls, whose session
   * ends 15 s after its last poll.
   *
   * @defaultValue 60 000
   */
  idleTimeoutMs?: number;

  /**
   * How many bytes a message of a client may have. A larger one closes its socket with 1009.
   *
   * @defaultValue 65 536
   */
  maxFrameBytes?: number;

  /**
   * How many bytes may wait until a slow client reads them. If more bytes wait when the next message is sent, the client's connection
   * is terminated. Choose a value above the size of your largest presence state.
   *
   * @defaultValue 1 048 576
   */
  maxBufferedBytes?: number;

  /**
   * How many channels a socket may have joined at a time. A further join is refused with the reason `too many channels joined`.
   *
   * @defaultValue 100
   */
  maxChannels?: number;

  /**
   * How many messages a client may send per second. It may send as many at once. A message over this rate is refused with the
   * reason `too many messages`; heartbeats and leaves count too, but are never refused. More than ten times this rate, including
   * WebSocket pings, closes the socket with 1008.
   *
   * The time in which the server handles the client's own messages does not count, nor does the time in which the event loop stands
   * still: a client gets no more through because it slows the server down. This holds for all limits per second.
   *
   * @defaultValue 300
   */
  maxMessagesPerSecond?: number;

  /**
   * How many joins of a client are handled per second. It may send as many at once. A join over this rate is refused with the reason
   * `too many joins`; an earlier join of the same topic stays. A join costs more than other messages: it calls handlers, may send a
   * whole presence state, and informs all others in the topic.
   *
   * @defaultValue 2 × `maxChannels`: a client that reconnects joins all its channels at once, and may change some right after that
   */
  maxJoinsPerSecond?: number;

  /**
   * How many bytes of a client's messages are read per second. It may send as many at once. Nothing over this rate is lost: the
   * server reads no more until a part of the second has passed, and TCP slows the client down. Requests of a client that polls are
   * answered later. It bounds the time that a client's messages take to parse. At least `maxFrameBytes`.
   *
   * @defaultValue 1 048 576, or `maxFrameBytes` if that is more
   */
  maxBytesPerSecond?: number;

  /**
   * How many messages of a client may wait for handlers to finish, including broadcasts that wait for `handleOut`. A message over
   * this limit, or one with which more than `maxBufferedBytes` would wait, is refused with the reason `too many messages waiting`.
   * A broadcast over the limit ends its channel with `phx_error`. Heartbeats and leaves do not wait when the limit is reached.
   *
   * @defaultValue 300
   */
  maxPendingMessages?: number;

  /**
   * The source of time. Tests can use a `manualClock` of `rollcall/testing`.
   *
   * @defaultValue `systemClock`
   */
  clock?: Clock;
}
