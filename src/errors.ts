/**
 * The base of every error this package throws. Compare `code`, not the class: a process may hold two copies
 * of the package (one imported, one required).
 *
 * @example
 * try { set.join(1, "lobby", "alice", {}); } catch (error) {
 *   if ((error as RollcallError).code !== "ALREADY_TRACKED") throw error;
 * }
 */
export abstract class RollcallError extends Error {
  /** Stable across releases and across copies of the package. */
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
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
  /** The version that the message claims. */
  readonly version: number;

  constructor(version: number, read: number) {
    super(
      `The message is of protocol version ${version}; this release reads version ${read}. Upgrade one release at a time.`,
    );
    this.version = version;
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
