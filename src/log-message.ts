/** A registered symbol, as a process may hold two copies of this package. */
const LOG_MESSAGE: unique symbol = Symbol.for("rollcall.logMessage");

/** `cause` chains and lists of errors deeper than this are left as they are. */
const MAX_DEPTH = 10;

/**
 * Gives an error a second message, without the names and values of clients, for the places where errors end up in logs. The caller of
 * the method that throws gets the full one.
 */
export function withLogMessage<E extends Error>(error: E, message: string): E {
  Object.defineProperty(error, LOG_MESSAGE, { value: message });
  return error;
}

/** Adds members that code can read, and that a log does not show. */
export function withHiddenMembers(error: Error, members: { readonly [name: string]: unknown }): void {
  for (const [name, value] of Object.entries(members)) Object.defineProperty(error, name, { value });
}

/**
 * Replaces the messages of an uncaught error, and those of its causes, by the ones without the names and values of clients. Call it before an error goes to `onError` or becomes a warning of the process. Returns the same error.
 */
export function forLog(error: Error): Error {
  redact(error, 0);
  return error;
}

function redact(error: unknown, depth: number): void {
  if (depth > MAX_DEPTH || typeof error !== "object" || error === null) return;
  try {
    const { cause, errors } = error as Redactable;
    replaceMessage(error as Redactable);
    redact(cause, depth + 1);
    if (Array.isArray(errors)) for (const each of errors) redact(each, depth + 1);
  } catch {
    // The error is frozen, or throws when it is read.
  }
}

function replaceMessage(error: Redactable): void {
  const { [LOG_MESSAGE]: text, message, stack } = error;
  if (typeof text !== "string" || typeof message !== "string") return;
  error.message = text;
  if (typeof stack === "string") error.stack = stack.replace(message, () => text);
}

interface Redactable {
  readonly [LOG_MESSAGE]?: unknown;
  message?: unknown;
  stack?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}
