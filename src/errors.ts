import { withHiddenMembers, withLogMessage } from "./log-message.ts";

/**
 * The base of every error of this package except `InvalidArgumentError`, which is a `TypeError`. All of them have a `code`. Compare
 * the code, not the class: a process may load two copies of the package, one by `import` and one by `require`.
 *
 * @example
 * try {
 *   tracker.track(socket, "lobby", "alice");
 * } catch (error) {
 *   if ((error as RollcallError).code !== "ALREADY_TRACKED") throw error;
 * }
 */
export abstract class RollcallError extends Error {
  /** The same in every release and every copy of the package. */
  abstract readonly code: string;
  /** The name of the class, in minified code too. */
  abstract override get name(): string;
}

/**
 * An argument or option has a wrong type or value. Nothing has changed.
 *
 * @example
 * tracker.track(socket, "lobby", "alice", { since: new Date() }); // throws: meta.since is a Date
 */
export class InvalidArgumentError extends TypeError {
  readonly code = "INVALID_ARGUMENT";

  override get name(): string {
    return "InvalidArgumentError";
  }
}

/**
 * This owner already holds this key in this topic. Nothing has changed.
 *
 * @example
 * tracker.track(socket, "lobby", "alice");
 * tracker.track(socket, "lobby", "alice"); // throws AlreadyTrackedError: call update instead
 */
export class AlreadyTrackedError extends RollcallError {
  readonly code = "ALREADY_TRACKED";

  override get name(): string {
    return "AlreadyTrackedError";
  }
  /** The topic that the owner has. Logs do not show it. */
  declare readonly topic: string;
  /** The key that the owner holds. Logs do not show it. */
  declare readonly key: string;

  constructor(topic: string, key: string) {
    const rule = "an owner may hold a key only once per topic. Call update, or untrack it first.";
    super(`This owner already holds key ${quote(key)} in topic ${quote(topic)}; ${rule}`);
    withLogMessage(this, `This owner already holds this key in this topic; ${rule}`);
    withHiddenMembers(this, { topic, key });
  }
}

/**
 * This owner does not hold this key in this topic. Nothing has changed.
 *
 * @example
 * tracker.update(socket, "lobby", "carol", {}); // throws NotTrackedError: call track first
 */
export class NotTrackedError extends RollcallError {
  readonly code = "NOT_TRACKED";

  override get name(): string {
    return "NotTrackedError";
  }
  /** The topic of the update. Logs do not show it. */
  declare readonly topic: string;
  /** The key of the update. Logs do not show it. */
  declare readonly key: string;

  constructor(topic: string, key: string) {
    const rule = "only a tracked presence can be updated. Track it first.";
    super(`This owner holds no key ${quote(key)} in topic ${quote(topic)}; ${rule}`);
    withLogMessage(this, `This owner does not hold this key in this topic; ${rule}`);
    withHiddenMembers(this, { topic, key });
  }
}

/**
 * A value is larger than its limit, or there are too many of it. Nothing has changed.
 *
 * @example
 * tracker.track(socket, "lobby", "alice", { photo }); // throws LimitError: maxMetaBytes
 */
export class LimitError extends RollcallError {
  readonly code = "LIMIT";

  override get name(): string {
    return "LimitError";
  }
  /** The name of the limit, such as `"maxMessageBytes"`. */
  readonly limit: string;
  /** The given size or number, in the unit of the limit. */
  readonly given: number;
  /** The allowed size or number, in the unit of the limit. */
  readonly allowed: number;

  constructor(message: string, details: { limit: string; given: number; allowed: number }) {
    super(message);
    this.limit = details.limit;
    this.given = details.given;
    this.allowed = details.allowed;
  }
}

/**
 * The transport delivered bytes that are no valid message: malformed, truncated or changed. A tracker drops the message and emits
 * a `warning`.
 *
 * @example
 * tracker.on("warning", (warning) => {
 *   if (warning.code === "MALFORMED_MESSAGE") console.warn(warning.message);
 * });
 */
export class MalformedMessageError extends RollcallError {
  readonly code = "MALFORMED_MESSAGE";

  override get name(): string {
    return "MalformedMessageError";
  }
}

/**
 * A message has a protocol version that this release does not read. A tracker drops the message and emits one `warning` for each
 * such version.
 *
 * @example
 * tracker.on("warning", (warning) => {
 *   if (warning.code === "FOREIGN_VERSION") console.warn(warning.message);
 * });
 */
export class ForeignVersionError extends RollcallError {
  readonly code = "FOREIGN_VERSION";

  override get name(): string {
    return "ForeignVersionError";
  }
  /** The version of the message. */
  readonly version: number;

  constructor(version: number, read: readonly number[]) {
    super(
      `The message has protocol version ${version}; this release reads version ${read.join(" and ")}. The message was dropped. ` +
        "Upgrade one version at a time.",
    );
    this.version = version;
  }
}

/**
 * A message carries no signature, or one that was not made with a `secret` of this node. A tracker drops the message, and emits one
 * `warning` for each `reason`; an endpoint does the same with `onError`.
 *
 * @example
 * tracker.on("warning", (warning) => {
 *   if (warning.code === "UNTRUSTED_MESSAGE") console.warn(warning.message);
 * });
 */
export class UntrustedMessageError extends RollcallError {
  readonly code = "UNTRUSTED_MESSAGE";

  override get name(): string {
    return "UntrustedMessageError";
  }
  /** `"unsigned"`: the message carries no signature. `"signature"`: no secret of this node made the signature. */
  readonly reason: "unsigned" | "signature";

  constructor(reason: "unsigned" | "signature") {
    super(
      reason === "unsigned"
        ? "A message is not signed, and this node has a secret. The message was dropped. Give every node of the cluster the same " +
            "secret; while you introduce one, set acceptUnsigned. If all nodes have it, a stranger publishes to the topics."
        : "A message is signed with a secret that this node does not have. The message was dropped. Give every node of the cluster " +
            "the same secret; to replace a secret, first add the new one to all nodes behind the old one.",
    );
    this.reason = reason;
  }
}

/**
 * Another process uses the `replicaName` of this node, or its id, as happens after a snapshot of a machine is restored. It is
 * emitted as a `warning`: this node has changed its name or id, and both nodes keep working.
 *
 * @example
 * tracker.on("warning", (warning) => {
 *   if (warning.code === "DUPLICATE_REPLICA") console.error(warning.message);
 * });
 */
export class DuplicateReplicaError extends RollcallError {
  readonly code = "DUPLICATE_REPLICA";

  override get name(): string {
    return "DuplicateReplicaError";
  }

  constructor(name: string, present: { readonly name: string; readonly id: string }, reason: string) {
    super(
      `${reason} This node continues as replica ${quote(present.name)} with id ${present.id}. Give every process its own ` +
        `replicaName, such as its host and port; ${quote(name)} is in use twice, or the clock of its machine went backwards.`,
    );
  }
}

/**
 * A method was called after `close()`. Nothing has changed. A closed tracker can still be read, and its `untrack` and `end` do
 * nothing.
 *
 * @example
 * await tracker.close();
 * tracker.track(socket, "lobby", "alice"); // throws ClosedError
 */
export class ClosedError extends RollcallError {
  readonly code = "CLOSED";

  override get name(): string {
    return "ClosedError";
  }

  /** `closed` names the closed object, such as `"tracker"`, and `call` the method, such as `"track"`. */
  constructor(closed: string, call: string) {
    super(`${call}() was called on a closed ${closed}. Close it after the last call, or create a new one.`);
  }
}

/**
 * This node has seen all events of a replica, but has other presences of it than the replica itself. This should never happen. It
 * is emitted as a `warning`: this node fetches the state of the replica again.
 *
 * @example
 * tracker.on("warning", (warning) => {
 *   if (warning.code === "DIVERGED") console.error(warning.message); // please report it
 * });
 */
export class DivergedError extends RollcallError {
  readonly code = "DIVERGED";

  override get name(): string {
    return "DivergedError";
  }

  constructor(name: string) {
    super(
      `This node has other presences of replica ${quote(name)} than the replica itself, although it has seen the same events. It ` +
        "fetches them again. This is a bug in rollcall: please report it.",
    );
  }
}

/**
 * A transport failed: it is not connected, not set up, or its buffer is full. The `cause` is the error of the transport itself, if
 * there is one. A tracker emits it as an `error` event and keeps working: it sends what is missing when the transport works again.
 *
 * @example
 * tracker.on("error", (error) => console.error(error.message, error.cause));
 */
export class TransportError extends RollcallError {
  readonly code = "TRANSPORT";

  override get name(): string {
    return "TransportError";
  }
}

/**
 * The `fetch` of a presence threw, rejected, or returned no object. The `cause` is the thrown value. `list` and `getByKey` reject with
 * this error. For a subscribed topic it is an `error` event: subscribers get nothing in place of the projection, and the
 * presence retries with backoff.
 *
 * @example
 * presence.on("error", (error) => console.error(error.message, error.cause));
 */
export class FetchError extends RollcallError {
  readonly code = "FETCH";

  override get name(): string {
    return "FetchError";
  }
  /** The topic of the presences that `fetch` got. Logs do not show it. */
  declare readonly topic: string;

  constructor(topic: string, reason: string, options?: { cause: unknown }) {
    super(`fetch failed for topic ${quote(topic)}, so readers get nothing: ${reason}`, options);
    withLogMessage(this, `fetch failed for a topic, so readers get nothing: ${reason}`);
    withHiddenMembers(this, { topic });
  }
}

/**
 * The `fetch` of a presence took longer than `fetchTimeoutMs`. A late result is ignored. Callers and listeners get this error in the
 * same places as a `FetchError`.
 *
 * @example
 * presence.on("error", (error) => {
 *   if ((error as RollcallError).code === "FETCH_TIMEOUT") console.warn(error.message);
 * });
 */
export class FetchTimeoutError extends RollcallError {
  readonly code = "FETCH_TIMEOUT";

  override get name(): string {
    return "FetchTimeoutError";
  }
  /** The topic of the presences that `fetch` got. Logs do not show it. */
  declare readonly topic: string;

  constructor(topic: string, timeoutMs: number) {
    const advice = "so readers get nothing. Make it faster, or raise fetchTimeoutMs.";
    super(`fetch took more than ${timeoutMs} ms for topic ${quote(topic)}, ${advice}`);
    withLogMessage(this, `fetch took more than ${timeoutMs} ms for a topic, ${advice}`);
    withHiddenMembers(this, { topic });
  }
}

/**
 * A client sent an event that the channel does not handle. Throw it in `handleIn`: like any other error, it ends the channel with
 * `phx_error`, and `onError` gets it.
 *
 * @example
 * const handleIn = (event: string) => {
 *   throw new UnhandledEventError(event);
 * };
 */
export class UnhandledEventError extends RollcallError {
  readonly code = "UNHANDLED_EVENT";

  override get name(): string {
    return "UnhandledEventError";
  }
  /** The event that the client sent. Logs do not show it. */
  declare readonly event: string;

  constructor(event: string) {
    const advice = "and has ended. Handle it in handleIn, or do not send it from the client.";
    super(`The channel does not handle the event ${quote(event)} ${advice}`);
    if (typeof event === "string")
      withLogMessage(this, `The channel does not handle an event of the client ${advice}`);
    withHiddenMembers(this, { event });
  }
}

/**
 * A client, or a message of it, was refused: by the page it comes from, by `connect`, by a limit, or because nothing handles it. The
 * client knows from its answer; the `onError` of the endpoint gets this error, so that you know too.
 *
 * @example
 * const onError = (error: Error) => {
 *   if (error instanceof RefusedError && error.reason === "origin") console.warn(error.message);
 * };
 */
export class RefusedError extends RollcallError {
  readonly code = "REFUSED";

  override get name(): string {
    return "RefusedError";
  }
  /** Why, such as `"origin"`: a `RefusalReason` of `rollcall/phoenix`. */
  readonly reason: string;
  /** The status of the HTTP answer, if the client was refused before its WebSocket opened. */
  readonly status: number | undefined;
  /** The code with which its WebSocket was closed, if it was closed. */
  readonly closeCode: number | undefined;

  constructor(
    message: string,
    details: { reason: string; status?: number | undefined; closeCode?: number | undefined },
  ) {
    super(message);
    this.reason = details.reason;
    this.status = details.status;
    this.closeCode = details.closeCode;
  }
}

function quote(value: unknown): string {
  const text = String(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
