import { assertFunction, checkArgument } from "../../checks/check-argument.ts";
import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError, LimitError, UnhandledEventError } from "../../errors.ts";
import { isPromise, Mailbox } from "../async/mailbox.ts";
import { Broadcast } from "../broadcast/broadcast.ts";
import type { Recipient } from "../broadcast/fan-out.ts";
import type { ErrorOrigin } from "../endpoint-options.ts";
import type { PendingMessages } from "../limits/pending-messages.ts";
import {
  type Body,
  bodyOf,
  type ClientMessage,
  EMPTY_BODY,
  type Frame,
  reasonBody,
} from "../protocol/body.ts";
import type { Serializer } from "../protocol/serializer.ts";
import type { ChannelHandlers, Promised, TerminateReason } from "./channel-handlers.ts";
import type { ChannelSocket, ReplyRef } from "./channel-socket.ts";
import { type EncodedReply, encodeReply, type HandlerOutcome, outcomeOf } from "./handler-outcome.ts";
import type { Reply } from "./reply.ts";

/** What a channel needs from the connection it is on. */
export interface ChannelContext {
  readonly id: string | undefined;
  readonly serializer: Serializer;
  readonly pending: PendingMessages;
  send(frame: Frame): void;
  /** To all in the topic, everywhere. */
  broadcast(broadcast: Broadcast, except?: Recipient): void;
  /** It has ended: nothing is for it any more. */
  remove(channel: Channel): void;
  report(error: unknown, where: ErrorOrigin): void;
}

/** What a join came to: whether it is in, and what the client is told. */
export interface JoinOutcome {
  readonly isAccepted: boolean;
  readonly reply: Frame;
}

interface Work {
  readonly during: ErrorOrigin["during"];
  readonly event?: string;
  /** What it holds of the bound on what may wait. */
  readonly bytes?: number;
  readonly run: () => Promised<unknown>;
  readonly settle?: (result: unknown) => void;
}

/** One client in one topic: calls the handlers, one at a time, and sends what they say. */
export class Channel implements ChannelSocket, Recipient {
  readonly topic: string;
  readonly assigns: Record<string, unknown>;
  readonly joinRef: string;
  readonly #around: ChannelContext;
  readonly #handlers: ChannelHandlers;
  readonly #mailbox = new Mailbox<Work>((work) => this.#do(work));
  #listeners: Set<() => void> | undefined = undefined;
  #phase: "joining" | "joined" | "ended" = "joining";
  /** Whether `join` let it in. */
  #isIn = false;
  /** What it pushes while it joins: the reply goes first. */
  #held: Frame[] = [];

  constructor(
    around: ChannelContext,
    handlers: ChannelHandlers,
    message: ClientMessage,
    assigns: Record<string, unknown>,
  ) {
    this.#around = around;
    this.#handlers = handlers;
    this.topic = message.topic as string;
    this.joinRef = message.joinRef;
    this.assigns = assigns;
  }

  get id(): string | undefined {
    return this.#around.id;
  }

  get closed(): boolean {
    return this.#phase === "ended";
  }

  /** Asks whether the client may join. Never throws or rejects. */
  join(message: ClientMessage): Promised<JoinOutcome> {
    const settle = (result: unknown): JoinOutcome => {
      const { status, body } = encodeReply("join", result === undefined ? { ok: {} } : result);
      const frame = this.#around.serializer.reply(message, status, body);
      this.#isIn = status === "ok";
      return { isAccepted: this.#isIn, reply: frame };
    };
    const crash = (thrown: unknown): JoinOutcome => {
      this.#report(thrown, { during: "join" });
      const reply = this.#around.serializer.reply(message, "error", reasonBody("join crashed"));
      return { isAccepted: false, reply };
    };
    try {
      const result = this.#handlers.join(message.payload, this);
      return isPromise<unknown>(result) ? Promise.resolve(result).then(settle).catch(crash) : settle(result);
    } catch (thrown) {
      return crash(thrown);
    }
  }

  /** It is in, and the client was told. */
  open(): void {
    // Each frame may be the one too many for a client that does not read, and end it.
    if (this.#phase !== "joining") return;
    this.#phase = "joined";
    for (const frame of this.#held) this.#around.send(frame);
    this.#held = [];
    const { afterJoin } = this.#handlers;
    if (afterJoin === undefined || this.closed) return;
    this.#mailbox.post({ during: "afterJoin", run: () => afterJoin.call(this.#handlers, this) });
  }

  /** Takes what the client sent, which holds `bytes` of what may wait until it is done. */
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
      settle: (result) => this.#answer(outcomeOf("handleIn", result), message),
    });
  }

  /** The client asked to leave. */
  leave({ ref }: ClientMessage): void {
    this.#tell(ref, { status: "ok", body: EMPTY_BODY });
    this.end("left", this.closeFrame());
  }

  deliver(broadcast: Broadcast): void {
    // Who leaves hears nothing of its own leaving.
    if (this.#phase === "ended") return;
    const { serializer, pending } = this.#around;
    const { event, body } = broadcast;
    const { handleOut, intercept } = this.#handlers;
    if (handleOut !== undefined && intercept?.includes(event)) {
      const bytes = "json" in body ? body.json.length : body.bytes.length;
      if (!pending.tryAdd(bytes)) {
        this.#crash(tooSlow(event, pending.maxMessages), { during: "handleOut", event });
        return;
      }
      this.#mailbox.post({
        during: "handleOut",
        event,
        bytes,
        run: () => handleOut.call(this.#handlers, event, broadcast.payload, this),
        settle: (result) => this.#answer(outcomeOf("handleOut", result)),
      });
      return;
    }
    if ("json" in body || serializer.carriesBytes) this.#around.send(broadcast.frameFor(serializer));
    else this.#report(notCarried(event), { during: "send", event });
  }

  push(event: string, payload: object): void {
    assertEvent(event);
    this.pushBody(event, bodyOf(payload));
  }

  /** As `push`, of what is JSON text already. */
  pushBody(event: string, body: Body): void {
    if (this.#phase === "ended") return;
    const frame = this.#made(event, ({ push }) => push(this.joinRef, this.topic, event, body));
    if (frame === undefined) return;
    if (this.#phase === "joining") this.#held.push(frame);
    else this.#around.send(frame);
  }

  broadcast(event: string, payload: object): void {
    assertEvent(event);
    if (this.#phase !== "ended") this.#around.broadcast(Broadcast.of(this.topic, event, payload));
  }

  broadcastFrom(event: string, payload: object): void {
    assertEvent(event);
    if (this.#phase !== "ended") this.#around.broadcast(Broadcast.of(this.topic, event, payload), this);
  }

  reply(ref: ReplyRef, reply: Reply): void {
    assertRef(ref);
    const told = encodeReply("reply", reply);
    if (this.#phase !== "ended") this.#tell(ref.ref, told);
  }

  stop(reason = "normal"): void {
    if (this.#phase !== "joined") return;
    const isExpected = reason === "normal" || reason === "shutdown";
    if (isExpected) this.end("stopped", this.closeFrame());
    else this.end("crashed", this.#errorFrame());
  }

  on(event: "close", listener: () => void): this {
    assertFunction("listener", listener, "Pass what is to be called when the channel ends.");
    this.#listeners ??= new Set();
    if (event === "close") this.#listeners.add(listener);
    return this;
  }

  off(event: "close", listener: () => void): this {
    if (event === "close") this.#listeners?.delete(listener);
    return this;
  }

  /** Nothing is for it any more, and nothing comes of it but this last frame and its `terminate`. */
  end(reason: TerminateReason, last?: Frame): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    for (const { bytes } of this.#mailbox.clear())
      if (bytes !== undefined) this.#around.pending.remove(bytes);
    this.#around.remove(this);
    if (last !== undefined) this.#around.send(last);
    this.#tellListeners();
    const { terminate } = this.#handlers;
    if (!this.#isIn || terminate === undefined) return;
    this.#mailbox.post({ during: "terminate", run: () => terminate.call(this.#handlers, reason, this) });
  }

  closeFrame(): Frame {
    return this.#around.serializer.end(this.joinRef, this.topic, "phx_close", EMPTY_BODY);
  }

  #errorFrame(): Frame {
    return this.#around.serializer.end(this.joinRef, this.topic, "phx_error", reasonBody("channel_crash"));
  }

  #do({ during, event, bytes, run, settle }: Work): Promise<void> | void {
    const done = (result: unknown): void => {
      if (this.#phase !== "ended") settle?.(result);
    };
    const fail = (thrown: unknown): void =>
      this.#crash(thrown, event === undefined ? { during } : { during, event });
    const release = (): void => {
      if (bytes !== undefined) this.#around.pending.remove(bytes);
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

  #answer({ reply, stop }: HandlerOutcome, to?: ClientMessage): void {
    if (reply !== undefined && to !== undefined) this.#tell(to.ref, reply);
    if (stop !== undefined) this.stop(stop);
  }

  #tell(ref: string, { status, body }: EncodedReply): void {
    const to = { joinRef: this.joinRef, ref, topic: this.topic };
    const frame = this.#made("phx_reply", ({ reply }) => reply(to, status, body));
    if (frame !== undefined) this.#around.send(frame);
  }

  /**
   * Bytes can't be sent to a client of version 1.0.0, or one whose refs are too long: the channel ends. The client chose
   * that, and it must not throw in a timer of the server's. While it joins, its `join` is there to catch it.
   */
  #made(event: string, make: (serializer: Serializer) => Frame): Frame | undefined {
    try {
      return make(this.#around.serializer);
    } catch (thrown) {
      if (this.#phase === "joining" || isOwnMistake(thrown)) throw thrown;
      this.#crash(thrown, { during: "send", event });
      return undefined;
    }
  }

  #crash(thrown: unknown, where: ErrorOrigin): void {
    this.#report(thrown, where);
    this.end("crashed", this.#errorFrame());
  }

  #tellListeners(): void {
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) {
      try {
        listener();
      } catch (thrown) {
        this.#report(thrown, { during: "close" });
      }
    }
  }

  #report(error: unknown, where: ErrorOrigin): void {
    this.#around.report(error, { ...where, topic: this.topic });
  }
}

/** Whether it is about what the server named, and not the client. */
function isOwnMistake(thrown: unknown): boolean {
  return thrown instanceof LimitError && (thrown.limit === "event" || thrown.limit === "status");
}

function assertEvent(event: unknown): void {
  checkArgument(
    "event",
    event,
    typeof event === "string",
    "a string",
    "Pass the event first, then its payload.",
  );
}

function assertRef(ref: ReplyRef): void {
  const isRef = typeof ref?.ref === "string";
  checkArgument("ref", ref, isRef, "what handleIn got as its last parameter", "Keep that, and pass it on.");
}

function tooSlow(event: string, allowed: number): LimitError {
  const message =
    `More broadcasts of ${describeValue(event)} wait for handleOut than may wait for a socket, and the channel is ended. ` +
    "Make handleOut faster, or raise maxPendingMessages.";
  return new LimitError(message, { limit: "maxPendingMessages", given: allowed + 1, allowed });
}

function notCarried(event: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `The broadcast ${describeValue(event)} is bytes, which a client that speaks version 1.0.0 can't get. Send it an object.`,
  );
}
