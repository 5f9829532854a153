import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { isQueuedInVain, unwatchQueuedResponse, watchQueuedResponse } from "./queued-response.ts";
import { refusalOf } from "./unseen-owners.ts";

/**
 * The owner of presences keeps them alive. It is an object that ends by itself, such as a socket, a response or an `AbortSignal`, or a string whose
 * end you report with `tracker.end(owner)`.
 *
 * An object ends when it emits or dispatches `close`, an `AbortSignal` when it aborts, a Socket.IO socket when it emits
 * `disconnect`, a child process when it emits `exit`, and a channel socket of `rollcall/phoenix` when its channel has ended. An object
 * whose end can't be seen is refused: a request, a `Worker`, a worker of node:cluster, a `BroadcastChannel`, an `EventSource`, a spark
 * of Primus. It gets one listener per tracker. Node warns of a possible leak if more than ten trackers of a process share a
 * socket.
 *
 * @example
 * webSocketServer.on("connection", (socket) => tracker.track(socket, "lobby", "alice"));
 * tracker.track(AbortSignal.timeout(60_000), "lobby", "bob");
 * tracker.track("session 17", "lobby", "carol"); // until tracker.end("session 17")
 */
export type Owner = string | EmittingOwner | DispatchingOwner;

/**
 * An owner that emits `close`, such as a socket, stream or response of Node.
 *
 * @example
 * const owner: EmittingOwner = new net.Socket();
 */
export interface EmittingOwner {
  // Any parameters, so that emitters with typed events fit.
  on(...parameters: never): unknown;
  off(...parameters: never): unknown;
}

/**
 * An owner that dispatches `close`, or an `AbortSignal`.
 *
 * @example
 * const owner: DispatchingOwner = new AbortController().signal;
 */
export interface DispatchingOwner {
  addEventListener(...parameters: never): unknown;
  removeEventListener(...parameters: never): unknown;
}

/**
 * Refuses an owner whose end the tracker can't see: its presences would never leave.
 *
 * @throws {InvalidArgumentError}
 */
export function assertOwner(owner: unknown): asserts owner is Owner {
  if (typeof owner === "string" && owner !== "") return;
  if (typeof owner === "object" && owner !== null) {
    const refusal = refusalOf(owner);
    if (refusal !== undefined) throw new InvalidArgumentError(`The owner is ${refusal}`);
    if (isEmitter(owner) || isDispatcher(owner)) return;
  }
  throw new InvalidArgumentError(
    `The owner is ${describeValue(owner)}; it must be an AbortSignal, something that emits or dispatches "close" ` +
      "(a ws or net socket, an HTTP response), a Socket.IO socket, or a string, not empty. " +
      "If you have none of these, pass a string, and call end with it when the owner has ended.",
  );
}

/** Whether the owner has ended already: it would not report that again. */
export function hasEnded(owner: Owner): boolean {
  if (typeof owner === "string") return false;
  const shape = owner as OwnerShape;
  const { aborted, destroyed, closed, readyState } = shape;
  if (aborted === true || destroyed === true || closed === true) return true;
  // A stream of Node has a readyState too, which is about its directions: `destroyed` tells its end.
  if (typeof destroyed !== "boolean" && ENDED_STATES.has(readyState)) return true;
  if (isSocketIo(shape)) return shape.connected !== true;
  return isEndedResponse(shape) || isQueuedInVain(owner) || (isChildProcess(shape) && hasExited(shape));
}

/** Whether a response was ended by the server. It may still be sending, but nothing will be added to it. */
function isEndedResponse({ writableEnded, statusCode, createPushResponse, stream }: OwnerShape): boolean {
  if (writableEnded === true && typeof statusCode === "number") return true;
  // An HTTP/2 response has no `destroyed`, but its stream has.
  return createPushResponse !== undefined && stream !== undefined && hasEnded(stream);
}

/**
 * Whether the owner has ended and does not come back, so that its presences need not wait for it. A channel socket of
 * `rollcall/phoenix` knows that; any other owner may have lost its connection only.
 */
export function hasEndedForGood(owner: Owner): boolean {
  return typeof owner !== "string" && (owner as OwnerShape).endedForGood === true;
}

/** A process that could not be started has no pid. It emits no `exit`. */
function hasExited({ exitCode, signalCode, pid }: OwnerShape): boolean {
  return exitCode !== null || signalCode !== null || pid === undefined;
}

function isChildProcess({ kill, exitCode, signalCode }: OwnerShape): boolean {
  return typeof kill === "function" && exitCode !== undefined && signalCode !== undefined;
}

/** Calls `listener` when the owner ends. The end of a string is reported by the caller. */
export function watchEnd(owner: Owner, listener: () => void): void {
  if (typeof owner === "string") return;
  watchQueuedResponse(owner, listener);
  if (isEmitter(owner)) owner.on(endEventOf(owner), listener);
  else if (isDispatcher(owner)) owner.addEventListener(endEventOf(owner), listener);
}

/** Undoes `watchEnd`. Does nothing if the listener is not there. */
export function unwatchEnd(owner: Owner, listener: () => void): void {
  if (typeof owner === "string") return;
  unwatchQueuedResponse(owner, listener);
  if (isEmitter(owner)) (owner.off ?? owner.removeListener)!.call(owner, endEventOf(owner), listener);
  else if (isDispatcher(owner)) owner.removeEventListener(endEventOf(owner), listener);
}

/**
 * Calls `listener` when a channel socket of `rollcall/phoenix` closes: all channels of a connection close before the first of them
 * has ended, so none of them gets the leaves of the others. Other owners have no such step. Returns a function that undoes it.
 */
export function watchClosing(owner: Owner, listener: () => void): () => void {
  if (typeof owner === "string" || typeof (owner as OwnerShape).endedForGood !== "boolean") return () => {};
  const { on, off } = owner as Emitter;
  on.call(owner, "close", listener);
  return () => void off?.call(owner, "close", listener);
}

/** Numbers as in WebSocket, SockJS and `ws`; names as in engine.io and RTCDataChannel. */
const ENDED_STATES: ReadonlySet<unknown> = new Set([2, 3, "closing", "closed"]);

/** The members that tell the kind of an owner. A class check would fail for other libraries and realms. */
interface OwnerShape {
  readonly aborted?: unknown;
  readonly destroyed?: unknown;
  readonly closed?: unknown;
  readonly readyState?: unknown;
  readonly handshake?: unknown;
  readonly connected?: unknown;
  readonly disconnected?: unknown;
  readonly writableEnded?: unknown;
  readonly statusCode?: unknown;
  readonly exitCode?: unknown;
  readonly signalCode?: unknown;
  readonly pid?: unknown;
  readonly kill?: unknown;
  readonly createPushResponse?: unknown;
  readonly stream?: Owner;
  readonly endedForGood?: unknown;
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

/**
 * A client can make its Socket.IO socket emit `close`, but not `disconnect`, which Socket.IO reserves. A process emits
 * `close` long after its exit, if another process has inherited its output or no program reads it.
 */
function endEventOf(owner: object): "disconnect" | "exit" | "ended" | "abort" | "close" {
  const { aborted, endedForGood } = owner as OwnerShape;
  if (isSocketIo(owner)) return "disconnect";
  if (isChildProcess(owner)) return "exit";
  // A channel socket calls the listeners of `close` first: what they stop must not get the leaves of its own presences.
  if (typeof endedForGood === "boolean") return "ended";
  // An HTTP/2 stream also has `aborted`, but is an emitter.
  return typeof aborted === "boolean" && !isEmitter(owner) ? "abort" : "close";
}

/** A socket of the server has a handshake. One of the client has the same states and events. */
function isSocketIo({ handshake, connected, disconnected }: OwnerShape): boolean {
  return handshake !== undefined || (typeof connected === "boolean" && typeof disconnected === "boolean");
}

function isEmitter(owner: object): owner is Emitter {
  const { on, off, removeListener } = owner as Partial<Emitter>;
  return typeof on === "function" && (typeof off === "function" || typeof removeListener === "function");
}

function isDispatcher(owner: object): owner is Dispatcher {
  const { addEventListener, removeEventListener } = owner as Partial<Dispatcher>;
  return typeof addEventListener === "function" && typeof removeEventListener === "function";
}
