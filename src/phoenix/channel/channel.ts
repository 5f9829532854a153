import { assertFunction } from "../../checks/check-argument.ts";
import { UnhandledEventError } from "../../errors.ts";
import { CONNECTION } from "../../tracker/owners/connection-of.ts";
import { Mailbox } from "../async/mailbox.ts";
import { isPromise, type Promised } from "../async/promised.ts";
import { Broadcast } from "../broadcast/broadcast.ts";
import type { Recipient } from "../broadcast/fan-out.ts";
import type { ErrorOrigin } from "../error-origin.ts";
import type { PendingMessages } from "../limits/pending-messages.ts";
import { type Body, bodyOf, EMPTY_BODY, reasonBody } from "../protocol/body.ts";
import type { ClientMessage, Frame, Serializer } from "../protocol/serializer.ts";
import {
  assertEvent,
  assertReplyRef,
  bytesNotCarried,
  handleOutTooSlow,
  isServerFault,
} from "./channel-errors.ts";
import type { ChannelHandlers, TerminateReason } from "./channel-handlers.ts";
import type { ChannelSocket, Reply, ReplyRef } from "./channel-socket.ts";
import type { EncodedPush } from "./encoded-push.ts";
import { type EncodedReply, encodeReply, type HandlerOutcome, outcomeOf } from "./handler-outcome.ts";
import { limitReasonOf } from "./limit-reasons.ts";

/** The part of a connection that its channels use. */
export interface ChannelContext {
  readonly id: string | undefined;
  readonly serializer: Serializer;
  readonly pending: PendingMessages;
  /** Whether the connection has ended: it ends its channels too, but one whose join is being decided only afterwards. */
  readonly isEnded: boolean;
  send(frame: Frame): void;
  /** Sends to the whole topic, on every node. */
  broadcast(broadcast: Broadcast, except?: Recipient): void;
  /** Called when the channel ends: it gets no more messages. */
  remove(channel: Channel): void;
  report(error: unknown, where: ErrorOrigin): void;
}

/** The decision of `join`, and the reply to the client. */
export interface JoinOutcome {
  readonly isAccepted: boolean;
  readonly reply: Frame;
}

/** A call of a handler. */
interface Task {
  readonly during: ErrorOrigin["during"];
  readonly event?: string;
  /** How many bytes it counts among the pending messages, until it is done. */
  readonly bytes?: number;
  readonly run: () => Promised<unknown>;
  /** Gets the result, unless the channel has ended. */
  readonly settle?: (result: unknown) => void;
  /** Gets the reason if the call exceeded a limit. Without it, and for any other error, the channel ends. */
  readonly refuse?: (reason: string) => void;
}

/** One client in one topic. It calls the handlers, one at a time, and sends their replies. */
export class Channel implements ChannelSocket<object>, Recipient, EncodedPush {
  static {
    // The limits of a presence for one owner hold for all channels of a connection together.
    const get = function (this: Channel): object {
      return this.#context;
    };
    Object.defineProperty(Channel.prototype, CONNECTION, { get });
  }

  readonly topic: string;
  readonly assigns: object;
  readonly joinRef: string;
  readonly #context: ChannelContext;
  readonly #handlers: ChannelHandlers<object>;
  readonly #mailbox = new Mailbox<Task>((task) => this.#run(task));
  #closeListeners: Set<() => void> | undefined = undefined;
  /** The listeners of trackers, which end the presences of this channel. They are called after those of `close`. */
  #endedListeners: Set<() => void> | undefined = undefined;
  #phase: "joining" | "joined" | "ended" = "joining";
  /** Whether `join` accepted the client. */
  #isAccepted = false;
  #isReleased = false;
  /** Why it ended, once it has. */
  #endReason: TerminateReason | undefined = undefined;
  /** The reason of a `stop` during `join`: it takes effect after the reply. */
  #stopAfterReply: string | undefined = undefined;
  /** The frames that `join` pushed: they are sent after the reply. */
  #framesAfterReply: Frame[] = [];

  constructor(
    context: ChannelContext,
    handlers: ChannelHandlers<object>,
    { topic, joinRef }: { readonly topic: string; readonly joinRef: string },
    assigns: object,
  ) {
    this.#context = context;
    this.#handlers = handlers;
    this.topic = topic;
    this.joinRef = joinRef;
    this.assigns = assigns;
  }

  get id(): string | undefined {
    return this.#context.id;
  }

  get closed(): boolean {
    return this.#phase === "ended" || this.#context.isEnded;
  }

  get endedForGood(): boolean {
    if (this.#endReason === undefined) return false;
    return !this.#isAccepted || this.#endReason === "left" || this.#endReason === "stopped";
  }

  /** Calls the `join` handler. Never throws or rejects. */
  join(message: ClientMessage): Promised<JoinOutcome> {
    const settle = (result: unknown): JoinOutcome => {
      const { status, body } = encodeReply("join", result === undefined ? { ok: {} } : result);
      const frame = this.#context.serializer.reply(message, status, body);
      this.#isAccepted = status === "ok";
      return { isAccepted: this.#isAccepted, reply: frame };
    };
    const crash = (thrown: unknown): JoinOutcome => {
      this.#report(thrown, { during: "join" });
      const reply = this.#context.serializer.reply(message, "error", reasonBody("join crashed"));
      return { isAccepted: false, reply };
    };
    try {
      const result = this.#handlers.join(message.payload, this);
      return isPromise<unknown>(result) ? Promise.resolve(result).then(settle).catch(crash) : settle(result);
    } catch (thrown) {
      return crash(thrown);
    }
  }

  /** Call it when the reply to an accepted join has been sent. */
  open(): void {
    // Each frame, the reply included, may be one too many for a client that does not read, and end this channel.
    if (this.#phase !== "joining") return;
    this.#phase = "joined";
    for (const frame of this.#framesAfterReply) this.#context.send(frame);
    this.#framesAfterReply = [];
    if (this.#stopAfterReply !== undefined) this.stop(this.#stopAfterReply);
    const { afterJoin } = this.#handlers;
    if (afterJoin === undefined || this.closed) return;
    this.#mailbox.post({ during: "afterJoin", run: () => afterJoin.call(this.#handlers, this) });
  }

  /** Handles a message of the client. Its `bytes` are counted as pending; they are released when it is done. */
  receive(message: ClientMessage, bytes: number): void {
    const { event } = message;
    if (event === "phx_leave") {
      this.#mailbox.post({ during: "handleIn", bytes, run: () => this.leave(message) });
      return;
    }
    const name = typeof event === "string" ? event : JSON.stringify(event);
    this.#mailbox.post({
      during: "handleIn",
      event: name,
      bytes,
      run: () => {
        const { handleIn } = this.#handlers;
        if (handleIn === undefined || name !== event) throw new UnhandledEventError(name);
        return handleIn.call(this.#handlers, name, message.payload, this, message);
      },
      settle: (result) => this.#applyOutcome(outcomeOf("handleIn", result), message),
      refuse: (reason) => this.#sendReply(message.ref, { status: "error", body: reasonBody(reason) }),
    });
  }

  /** Ends the channel because the client leaves it. */
  leave({ ref }: ClientMessage): void {
    this.#sendReply(ref, { status: "ok", body: EMPTY_BODY });
    this.end("left", this.closeFrame());
  }

  deliver(broadcast: Broadcast): void {
    // A client that leaves does not get the diff of its own leave.
    if (this.#phase === "ended") return;
    const { serializer, pending } = this.#context;
    const { event, body } = broadcast;
    const { handleOut, intercept } = this.#handlers;
    if (handleOut !== undefined && intercept?.includes(event)) {
      const bytes = "json" in body ? body.json.length : body.bytes.length;
      if (!pending.tryAdd(bytes)) {
        this.#crash(handleOutTooSlow(event, pending.maxMessages), { during: "handleOut", event });
        return;
      }
      this.#mailbox.post({
        during: "handleOut",
        event,
        bytes,
        run: () => handleOut.call(this.#handlers, event, broadcast.payload, this),
        settle: (result) => this.#applyOutcome(outcomeOf("handleOut", result)),
      });
      return;
    }
    if ("json" in body || serializer.carriesBytes) this.#context.send(broadcast.frameFor(serializer));
    else this.#report(bytesNotCarried(event), { during: "send", event });
  }

  push(event: string, payload: object): void {
    assertEvent(event);
    this.pushBody(event, bodyOf(payload));
  }

  pushBody(event: string, body: Body): void {
    if (this.#phase === "ended") return;
    const frame = this.#encode(event, ({ push }) => push(this.joinRef, this.topic, event, body));
    if (frame === undefined) return;
    if (this.#phase === "joining") this.#framesAfterReply.push(frame);
    else this.#context.send(frame);
  }

  broadcast(event: string, payload: object): void {
    assertEvent(event);
    if (this.#phase !== "ended") this.#context.broadcast(Broadcast.of(this.topic, event, payload));
  }

  broadcastFrom(event: string, payload: object): void {
    assertEvent(event);
    if (this.#phase !== "ended") this.#context.broadcast(Broadcast.of(this.topic, event, payload), this);
  }

  reply(ref: ReplyRef, reply: Reply): void {
    assertReplyRef(ref);
    const encoded = encodeReply("reply", reply);
    if (this.#phase !== "ended") this.#sendReply(ref.ref, encoded);
  }

  stop(reason = "normal"): void {
    if (this.#phase === "joining") this.#stopAfterReply ??= reason;
    if (this.#phase !== "joined") return;
    const isExpected = reason === "normal" || reason === "shutdown";
    if (isExpected) this.end("stopped", this.closeFrame());
    else this.end("crashed", this.#errorFrame());
  }

  on(event: "close" | "ended", listener: () => void): this {
    assertFunction("listener", listener, "Pass a function: it is called when the channel ends.");
    if (event === "close") {
      this.#closeListeners ??= new Set();
      this.#closeListeners.add(listener);
    } else if (event === "ended") {
      this.#endedListeners ??= new Set();
      this.#endedListeners.add(listener);
    }
    return this;
  }

  off(event: "close" | "ended", listener: () => void): this {
    if (event === "close") this.#closeListeners?.delete(listener);
    if (event === "ended") this.#endedListeners?.delete(listener);
    return this;
  }

  /** Ends the channel: drops the messages that wait, sends `last`, and calls `terminate`. Nothing else is sent. */
  end(reason: TerminateReason, last?: Frame): void {
    this.close(reason, last);
    this.release();
  }

  /**
   * The first half of `end`, which stops what the channel follows. When a connection ends, all its channels do this first, so that
   * none of them gets the leaves of the others.
   */
  close(reason: TerminateReason, last?: Frame): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#endReason = reason;
    for (const { bytes } of this.#mailbox.clear())
      if (bytes !== undefined) this.#context.pending.release(bytes);
    this.#context.remove(this);
    if (last !== undefined) this.#context.send(last);
    const listeners = this.#closeListeners;
    this.#closeListeners = undefined;
    this.#callAll(listeners);
  }

  /** The second half of `end`: the presences of the channel leave, and `terminate` is called. */
  release(): void {
    if (this.#endReason === undefined || this.#isReleased) return;
    this.#isReleased = true;
    const listeners = this.#endedListeners;
    this.#endedListeners = undefined;
    this.#callAll(listeners);
    const reason = this.#endReason;
    const { terminate } = this.#handlers;
    if (!this.#isAccepted || terminate === undefined) return;
    this.#mailbox.post({ during: "terminate", run: () => terminate.call(this.#handlers, reason, this) });
  }

  closeFrame(): Frame {
    return this.#context.serializer.end(this.joinRef, this.topic, "phx_close", EMPTY_BODY);
  }

  #errorFrame(): Frame {
    return this.#context.serializer.end(this.joinRef, this.topic, "phx_error", reasonBody("channel_crash"));
  }

  #run({ during, event, bytes, run, settle, refuse }: Task): Promise<void> | void {
    const done = (result: unknown): void => {
      if (this.#phase !== "ended") settle?.(result);
    };
    const fail = (thrown: unknown): void => {
      const where = event === undefined ? { during } : { during, event };
      const reason = refuse && limitReasonOf(thrown);
      if (reason === undefined) {
        this.#crash(thrown, where);
        return;
      }
      // A channel that ended would be joined again by the official client: one more leave and join for all others.
      this.#report(thrown, where);
      if (this.#phase !== "ended") refuse?.(reason);
    };
    const release = (): void => {
      if (bytes !== undefined) this.#context.pending.release(bytes);
    };
    try {
      const result = run();
      if (isPromise(result)) return Promise.resolve(result).then(done).catch(fail).then(release);
      done(result);
    } catch (thrown) {
      fail(thrown);
    }
    release();
  }

  #applyOutcome({ reply, stop }: HandlerOutcome, to?: ClientMessage): void {
    if (reply !== undefined && to !== undefined) this.#sendReply(to.ref, reply);
    if (stop !== undefined) this.stop(stop);
  }

  #sendReply(ref: string, { status, body }: EncodedReply): void {
    const to = { joinRef: this.joinRef, ref, topic: this.topic };
    const frame = this.#encode("phx_reply", ({ reply }) => reply(to, status, body));
    if (frame !== undefined) this.#context.send(frame);
  }

  /**
   * Encodes a frame. Bytes can't be sent to a client of version 1.0.0, or to one whose refs are too long. The client chose both, so
   * this ends the channel, and does not throw in a timer of the server. While the client joins, it throws, and `join` crashes.
   */
  #encode(event: string, make: (serializer: Serializer) => Frame): Frame | undefined {
    try {
      return make(this.#context.serializer);
    } catch (thrown) {
      if (this.#phase === "joining" || isServerFault(thrown)) throw thrown;
      this.#crash(thrown, { during: "send", event });
      return undefined;
    }
  }

  #crash(thrown: unknown, where: ErrorOrigin): void {
    this.#report(thrown, where);
    this.end("crashed", this.#errorFrame());
  }

  #callAll(listeners: Iterable<() => void> = []): void {
    for (const listener of listeners) {
      try {
        listener();
      } catch (thrown) {
        this.#report(thrown, { during: "close" });
      }
    }
  }

  #report(error: unknown, where: ErrorOrigin): void {
    this.#context.report(error, { ...where, topic: this.topic });
  }
}
