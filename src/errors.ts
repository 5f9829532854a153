/**
 * The base of every error this package throws, but for `InvalidArgumentError`, which is a `TypeError`. Both have a
 * `code`: compare that, not the class, as a process may hold two copies of the package (one imported, one required).
 *
 * @example
 * try { set.join(1, "lobby", "alice", {}); } catch (error) {
 *   if ((error as RollcallError).code !== "ALREADY_TRACKED") throw error;
 * }
 */
export abstract class RollcallError extends Error {
  /** Stable across releases and across copies of the package. */
  abstract readonly code: string;
  /** The name of its class, also where that was shortened by who minifies. */
  abstract override get name(): string;
}

/**
 * An argument or an option is not what it must be. Nothing was changed.
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
 * This owner already holds this key in this topic. Nothing was changed.
 *
 * @example
 * set.join(1, "lobby", "alice", {});
 * set.join(1, "lobby", "alice", {}); // throws AlreadyTrackedError: update it instead
 */
export class AlreadyTrackedError extends RollcallError {
  readonly code = "ALREADY_TRACKED";

  override get name(): string {
    return "AlreadyTrackedError";
  }

  constructor(topic: string, key: string) {
    super(
      `This owner already holds key ${quote(key)} in topic ${quote(topic)}; an owner may hold a key once a topic. ` +
        "Update it, or let it leave first.",
    );
  }
}

/**
 * This owner does not hold this key in this topic. Nothing was changed.
 *
 * @example
 * set.update(1, "lobby", "nobody", {}); // throws NotTrackedError: join first
 */
export class NotTrackedError extends RollcallError {
  readonly code = "NOT_TRACKED";

  override get name(): string {
    return "NotTrackedError";
  }

  constructor(topic: string, key: string) {
    super(
      `This owner holds no key ${quote(key)} in topic ${quote(topic)}; only a presence that stands can be updated. ` +
        "Join first.",
    );
  }
}

/**
 * Something is larger, or there are more of it, than is allowed. Nothing was changed.
 *
 * @example
 * assertFits({ topic: "lobby", key: "alice", meta: { photo } }, 8_000); // throws LimitError
 */
export class LimitError extends RollcallError {
  readonly code = "LIMIT";

  override get name(): string {
    return "LimitError";
  }
  /** What is limited, as in `"maxMessageBytes"`. */
  readonly limit: string;
  /** What was given, in the limit's unit. */
  readonly given: number;
  /** What is allowed, in the limit's unit. */
  readonly allowed: number;

  constructor(message: string, details: { limit: string; given: number; allowed: number }) {
    super(message);
    this.limit = details.limit;
    this.given = details.given;
    this.allowed = details.allowed;
  }
}

/**
 * Bytes that are no message of ours: malformed, truncated, or changed on the way. `decode` returns it, and
 * never throws it.
 *
 * @example
 * const decoded = decode(bytes);
 * if (!decoded.ok) console.warn(decoded.error.code, decoded.error.message);
 */
export class MalformedMessageError extends RollcallError {
  readonly code = "MALFORMED_MESSAGE";

  override get name(): string {
    return "MalformedMessageError";
  }
}

/**
 * A message of a protocol version that this release does not read. `decode` returns it, and never throws it.
 *
 * @example
 * const decoded = decode(bytes);
 * if (!decoded.ok && decoded.error.code === "FOREIGN_VERSION") reportOnce(decoded.error);
 */
export class ForeignVersionError extends RollcallError {
  readonly code = "FOREIGN_VERSION";

  override get name(): string {
    return "ForeignVersionError";
  }
  /** The version that the message claims. */
  readonly version: number;

  constructor(version: number, read: readonly number[]) {
    super(
      `The message is of protocol version ${version}; this release reads version ${read.join(" and ")}. It was dropped: ` +
        "upgrade one version at a time.",
    );
    this.version = version;
  }
}

/**
 * Another process runs under our `replicaName`, or, after a snapshot of the machine was restored, under our id. Emitted as a
 * `warning`: we went on under another name or id, and both keep working.
 *
 * @example
 * tracker.on("warning", (warning) => {
 *   if (warning.code === "DUPLICATE_REPLICA") alertSomebody(warning.message);
 * });
 */
export class DuplicateReplicaError extends RollcallError {
  readonly code = "DUPLICATE_REPLICA";

  override get name(): string {
    return "DuplicateReplicaError";
  }

  constructor(name: string, present: { readonly name: string; readonly id: string }, reason: string) {
    super(
      `${reason} We go on as replica ${quote(present.name)} with id ${present.id}. Give every process a replicaName of its own, as ` +
        `by host and port; ${quote(name)} is in use more than once, or the clock of its machine went back.`,
    );
  }
}

/**
 * It was called after it was closed. Nothing was changed. Reading a closed tracker goes on working, and so do `untrack` and
 * `end`.
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

  /** `closed` is what was closed, as in `"tracker"`, and `call` what was called on it, as in `"track"`. */
  constructor(closed: string, call: string) {
    super(
      `${call}() was called on a ${closed} that is closed. Close it once nobody calls it any more, or make a new one.`,
    );
  }
}

/**
 * A replica and we have seen the same of it, and hold different presences for it. This should never happen. Emitted as a
 * `warning`: all of it is fetched anew.
 *
 * @example
 * tracker.on("warning", (warning) => {
 *   if (warning.code === "DIVERGED") reportBug(warning.message);
 * });
 */
export class DivergedError extends RollcallError {
  readonly code = "DIVERGED";

  override get name(): string {
    return "DivergedError";
  }

  constructor(name: string) {
    super(
      `What we hold of replica ${quote(name)} is not what it holds itself, though we have seen the same. All of it is fetched ` +
        "anew. This is a bug of rollcall: please report it.",
    );
  }
}

/**
 * A transport can't do what it was asked for: not connected, not set up, or out of room. What it said itself is the
 * `cause`, where it said something. Of a tracker's it is an `error` event: presences of this process go on working, and what was
 * not sent is made up for when it can be.
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
 * The `fetch` of a presence threw, rejected, or gave no object. What it threw is the `cause`. Of a subscribed topic it is an
 * `error` event: nothing is sent in place of the projection, and it is tried again. `list` and `getByKey` reject with it.
 *
 * @example
 * presence.on("error", (error) => console.error(error.message, error.cause));
 */
export class FetchError extends RollcallError {
  readonly code = "FETCH";

  override get name(): string {
    return "FetchError";
  }
  /** The topic whose presences it was asked to project. */
  readonly topic: string;

  constructor(topic: string, reason: string, options?: { cause: unknown }) {
    super(`fetch failed for topic ${quote(topic)}, and nothing is shown in its place: ${reason}`, options);
    this.topic = topic;
  }
}

/**
 * The `fetch` of a presence took longer than `fetchTimeoutMs`. What it still brings is ignored. It is told where a
 * `FetchError` is.
 *
 * @example
 * presence.on("error", (error) => {
 *   if ((error as RollcallError).code === "FETCH_TIMEOUT") metrics.increment("presence.timeouts");
 * });
 */
export class FetchTimeoutError extends RollcallError {
  readonly code = "FETCH_TIMEOUT";

  override get name(): string {
    return "FetchTimeoutError";
  }
  /** The topic whose presences it was asked to project. */
  readonly topic: string;

  constructor(topic: string, timeoutMs: number) {
    super(
      `fetch took more than ${timeoutMs} ms for topic ${quote(topic)}, and nothing is shown in its place. Make it faster, or ` +
        "raise fetchTimeoutMs.",
    );
    this.topic = topic;
  }
}

/**
 * A client sent an event that the channel does not know. Throw it in `handleIn`: the channel ends with `phx_error`, as with any
 * other error, and `onError` gets it.
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

  constructor(event: string) {
    super(
      `The channel does not handle the event ${quote(event)}, and ended. Handle it in handleIn, or have the client not send it.`,
    );
  }
}

function quote(text: unknown): string {
  const whole = String(text);
  return JSON.stringify(whole.length > 80 ? `${whole.slice(0, 79)}…` : whole);
}
