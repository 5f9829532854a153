import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";

/**
 * Who holds presences alive: what ends by itself, as a socket, a response or an `AbortSignal` does, or a string
 * whose end you report by `tracker.end(owner)`.
 *
 * An object ends when it emits or dispatches `close`; an `AbortSignal` when it is aborted; a Socket.IO socket on
 * `disconnect`. It gets one listener per tracker: Node warns of a leak where more than ten trackers of one process
 * share a socket.
 *
 * @example
 * webSocketServer.on("connection", (socket) => tracker.track(socket, "lobby", "alice"));
 * tracker.track(AbortSignal.timeout(60_000), "lobby", "bob");
 * tracker.track("session 17", "lobby", "carol"); // until tracker.end("session 17")
 */
export type Owner = string | EmittingOwner | DispatchingOwner;

/**
 * An owner that emits `close`, as Node's sockets, streams and responses do.
 *
 * @example
 * const owner: EmittingOwner = new net.Socket();
 */
export interface EmittingOwner {
  // Whatever events its own type allows: the compiler asks no more than that it emits.
  on(...parameters: never): unknown;
  off(...parameters: never): unknown;
}

/**
 * An owner that dispatches `close`, or is an `AbortSignal`.
 *
 * @example
 * const owner: DispatchingOwner = new AbortController().signal;
 */
export interface DispatchingOwner {
  addEventListener(...parameters: never): unknown;
  removeEventListener(...parameters: never): unknown;
}

/**
 * Refuses what could never end: it would be listed for good.
 *
 * @throws {InvalidArgumentError}
 */
export function assertOwner(owner: unknown): asserts owner is Owner {
  if (typeof owner === "string" && owner !== "") return;
  if (typeof owner === "object" && owner !== null) {
    if (isRequest(owner)) {
      throw new InvalidArgumentError(
        "The owner is a request, an IncomingMessage; that closes when its body was read. " +
          "Give the response that belongs to it (res), which closes with the connection.",
      );
    }
    if (isEmitter(owner) || isDispatcher(owner)) return;
  }
  throw new InvalidArgumentError(
    `The owner is ${describeValue(owner)}; it must be an AbortSignal, something that emits or dispatches "close" ` +
      "(a ws or net socket, an HTTP response), a Socket.IO socket, or a string, not empty. " +
      "Where there is none of these, give a string and call end with it when it is over.",
  );
}

/** Whether it is over already: what closed before it was watched will not say so again. */
export function hasEnded(owner: Owner): boolean {
  if (typeof owner === "string") return false;
  const { aborted, destroyed, closed, readyState, handshake, connected } = owner as OwnerShape;
  if (aborted === true || destroyed === true || closed === true) return true;
  if (readyState === CLOSING || readyState === CLOSED) return true;
  if (handshake !== undefined) return connected !== true;
  // The response of HTTP/2 has none of all these; the stream below it has.
  const { createPushResponse, stream } = owner as OwnerShape;
  return createPushResponse !== undefined && stream !== undefined && hasEnded(stream);
}

/** Has `listener` called when the owner ends. A string ends by what its caller says. */
export function watchEnd(owner: Owner, listener: () => void): void {
  if (typeof owner === "string") return;
  if (isEmitter(owner)) owner.on(endEventOf(owner), listener);
  else if (isDispatcher(owner)) owner.addEventListener(endEventOf(owner), listener);
}

/** Takes `watchEnd` back; harmless where there is nothing to take back. */
export function unwatchEnd(owner: Owner, listener: () => void): void {
  if (typeof owner === "string") return;
  if (isEmitter(owner)) (owner.off ?? owner.removeListener)!.call(owner, endEventOf(owner), listener);
  else if (isDispatcher(owner)) owner.removeEventListener(endEventOf(owner), listener);
}

const CLOSING = 2;
const CLOSED = 3;

/** What an owner may have, by which it is told what it is: libraries and realms have classes of their own. */
interface OwnerShape {
  readonly aborted?: unknown;
  readonly destroyed?: unknown;
  readonly closed?: unknown;
  readonly readyState?: unknown;
  readonly handshake?: unknown;
  readonly connected?: unknown;
  readonly httpVersion?: unknown;
  readonly createPushResponse?: unknown;
  readonly stream?: Owner;
}

type ListenMethod = (event: string, listener: () => void) => unknown;

interface Emitter {
  readonly on: ListenMethod;
  readonly off?: ListenMethod;
  readonly removeListener?: ListenMethod;
}

interface Dispatcher {
  readonly addEventListener: ListenMethod;
  readonly removeEventListener: ListenMethod;
}

/** A client can make its Socket.IO socket emit `close`, as any event but those of Socket.IO itself. */
function endEventOf(owner: object): "disconnect" | "abort" | "close" {
  const { handshake, aborted } = owner as OwnerShape;
  if (handshake !== undefined) return "disconnect";
  // An HTTP/2 stream has `aborted` too; it emits.
  return typeof aborted === "boolean" && !isEmitter(owner) ? "abort" : "close";
}

function isRequest(owner: OwnerShape): boolean {
  return typeof owner.httpVersion === "string";
}

function isEmitter(owner: object): owner is Emitter {
  const { on, off, removeListener } = owner as Partial<Emitter>;
  return typeof on === "function" && (typeof off === "function" || typeof removeListener === "function");
}

function isDispatcher(owner: object): owner is Dispatcher {
  const { addEventListener, removeEventListener } = owner as Partial<Dispatcher>;
  return typeof addEventListener === "function" && typeof removeEventListener === "function";
}
