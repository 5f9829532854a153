import type { WebSocket } from "ws";
import { isPromise, Mailbox } from "./async/mailbox.ts";
import type { Broadcast } from "./broadcast/broadcast.ts";
import type { Recipient } from "./broadcast/fan-out.ts";
import { Channel, type ChannelContext, type JoinOutcome } from "./channel/channel.ts";
import type { Routes } from "./channel/routes.ts";
import type { Connected, ErrorOrigin } from "./endpoint-options.ts";
import { PendingMessages } from "./limits/pending-messages.ts";
import { RateLimit } from "./limits/rate-limit.ts";
import { type ClientMessage, EMPTY_BODY, type Frame, NO_REF, reasonBody } from "./protocol/body.ts";
import type { Serializer } from "./protocol/serializer.ts";
import type { ResolvedEndpointOptions } from "./resolve-endpoint-options.ts";

/** What a connection needs from its endpoint. */
export interface ConnectionContext {
  readonly options: ResolvedEndpointOptions;
  readonly routes: Routes;
  /** The client has said something. */
  active(connection: Connection): void;
  broadcast(broadcast: Broadcast, except?: Recipient): void;
  channelJoined(channel: Channel): void;
  channelEnded(channel: Channel): void;
  /** All its channels have ended; the WebSocket may still be closing. */
  connectionEnded(connection: Connection): void;
  report(error: unknown, where: ErrorOrigin): void;
}

/** One WebSocket of a client: reads its messages, one at a time, and brings each to the channel it is for. */
export class Connection implements ChannelContext {
  readonly id: string | undefined;
  readonly serializer: Serializer;
  readonly pending: PendingMessages;
  readonly #socket: WebSocket;
  readonly #assigns: object;
  readonly #around: ConnectionContext;
  readonly #rate: RateLimit;
  readonly #flood: RateLimit;
  readonly #channels = new Map<string, Channel>();
  readonly #inbox = new Mailbox<readonly [message: ClientMessage, bytes: number]>((item) => this.#do(item));
  #isEnded = false;
  #isMuted = false;

  constructor(
    socket: WebSocket,
    serializer: Serializer,
    client: Connected<object>,
    around: ConnectionContext,
  ) {
    const { clock, maxMessagesPerSecond, maxPendingMessages, maxBufferedBytes } = around.options;
    this.id = client.id;
    this.serializer = serializer;
    this.pending = new PendingMessages(maxPendingMessages, maxBufferedBytes);
    this.#socket = socket;
    this.#assigns = client.assigns;
    this.#around = around;
    this.#rate = new RateLimit(clock, maxMessagesPerSecond);
    this.#flood = new RateLimit(clock, FLOOD * maxMessagesPerSecond);
    socket.on("message", (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.on("ping", (data) => this.#pong(data));
    socket.on("pong", () => this.#hear());
    socket.on("close", () => this.#end());
    // A client that breaks the protocol is closed by ws, with the code that is for it; nobody else is to hear of it.
    socket.on("error", () => {});
  }

  /** From now on nothing is sent to it. */
  mute(): void {
    this.#isMuted = true;
  }

  /** Ends its channels, without a word to the client, and closes it with this code. */
  close(code: number): void {
    this.#end();
    this.#socket.close(code);
  }

  /** The same, at once: what waits to be read is thrown away. */
  terminate(): void {
    this.#end();
    this.#socket.terminate();
  }

  send({ head, data, isBinary }: Frame): void {
    if (!this.#canSend()) return;
    if (head !== undefined) this.#socket.send(head, { binary: isBinary, fin: false });
    this.#socket.send(data, { binary: isBinary });
  }

  broadcast(broadcast: Broadcast, except?: Recipient): void {
    this.#around.broadcast(broadcast, except);
  }

  remove(channel: Channel): void {
    if (this.#channels.get(channel.topic) === channel) this.#channels.delete(channel.topic);
    this.#around.channelEnded(channel);
  }

  report(error: unknown, where: ErrorOrigin): void {
    this.#around.report(error, this.id === undefined ? where : { ...where, id: this.id });
  }

  #hear(): void {
    if (!this.#isEnded) this.#around.active(this);
  }

  /** Cuts off a client that does not read. One message alone may be larger: it would never arrive otherwise. */
  #canSend(): boolean {
    if (this.#isMuted || this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#socket.bufferedAmount <= this.#around.options.maxBufferedBytes) return true;
    this.terminate();
    return false;
  }

  #pong(data: Uint8Array): void {
    if (this.#isEnded) return;
    this.#hear();
    if (!this.#flood.take()) this.close(POLICY_VIOLATION);
    else if (this.#canSend()) this.#socket.pong(data);
  }

  #receive(data: Uint8Array, isBinary: boolean): void {
    if (this.#isEnded) return;
    this.#hear();
    if (!this.#flood.take()) {
      this.close(POLICY_VIOLATION);
      return;
    }
    try {
      this.#take(this.serializer.decode(data, isBinary), data.length);
    } catch {
      // It is no message; or it can't be answered, as where its topic is nested too deep to be written.
      this.close(INTERNAL_ERROR);
    }
  }

  #take(message: ClientMessage, bytes: number): void {
    const isWithinRate = this.#rate.take();
    if (!isWithinRate && !isAlwaysTaken(message)) this.#refuse(message, "too many messages");
    else if (this.pending.tryAdd(bytes)) this.#inbox.post([message, bytes]);
    else this.#overtake(message);
  }

  /** What is never refused goes before all that waits, which is in vain when its channel is left. */
  #overtake(message: ClientMessage): void {
    const { topic, event } = message;
    const channel = typeof topic === "string" ? this.#channels.get(topic) : undefined;
    if (isHeartbeat(message)) this.#reply({ ...message, joinRef: NO_REF }, "ok");
    else if (event === "phx_leave" && channel !== undefined && isFor(channel, message))
      channel.leave(message);
    else this.#refuse(message, "too many messages waiting");
  }

  #do(item: readonly [ClientMessage, number]): PromiseLike<void> | void {
    // Here too: by now it may have waited.
    const fail = (): void => this.close(INTERNAL_ERROR);
    try {
      return this.#route(item)?.then(undefined, fail);
    } catch {
      fail();
    }
  }

  #route([message, bytes]: readonly [ClientMessage, number]): PromiseLike<void> | undefined {
    if (this.#isEnded) return undefined;
    const { topic, event } = message;
    const channel = typeof topic === "string" ? this.#channels.get(topic) : undefined;
    if (isHeartbeat(message)) {
      this.#reply({ ...message, joinRef: NO_REF }, "ok");
    } else if (event === "phx_join") {
      const joining = this.#join(message, channel);
      const done = (): void => this.pending.remove(bytes);
      if (joining !== undefined) return joining.then(done);
    } else if (channel !== undefined) {
      // The channel says when it is done. A message for an earlier join is for nobody.
      if (isFor(channel, message)) {
        channel.receive(message, bytes);
        return undefined;
      }
    } else if (event === "phx_leave") {
      this.#reply(message, "ok");
    } else {
      this.#refuse({ ...message, joinRef: NO_REF }, "unmatched topic");
    }
    this.pending.remove(bytes);
    return undefined;
  }

  #join(message: ClientMessage, old: Channel | undefined): PromiseLike<void> | undefined {
    // Joined again: the old join ends first, and the client hears of that behind the reply to the new one.
    old?.end("rejoined");
    const handlers = typeof message.topic === "string" ? this.#around.routes.find(message.topic) : undefined;
    if (handlers === undefined) {
      this.#refuse({ ...message, joinRef: NO_REF }, "unmatched topic");
      return undefined;
    }
    if (this.#channels.size >= this.#around.options.maxChannels) {
      this.#refuse(message, "too many channels joined");
      return undefined;
    }
    const channel = new Channel(this, handlers, message, { ...this.#assigns });
    const joined = channel.join(message);
    const settle = (outcome: JoinOutcome): void => this.#settle(channel, outcome, old);
    if (isPromise(joined)) return joined.then(settle);
    settle(joined);
    return undefined;
  }

  #settle(channel: Channel, { isAccepted, reply }: JoinOutcome, old: Channel | undefined): void {
    const isLate = this.#isEnded;
    if (isAccepted && !isLate) {
      this.#channels.set(channel.topic, channel);
      this.#around.channelJoined(channel);
    }
    this.send(reply);
    if (old !== undefined) this.send(old.closeFrame());
    // Refused; or the client went while its join was decided.
    if (!isAccepted || isLate) channel.end("disconnected");
    else channel.open();
  }

  #refuse(message: ClientMessage, reason: string): void {
    this.#reply(message, "error", reason);
  }

  #reply(message: ClientMessage, status: "ok" | "error", reason?: string): void {
    const body = reason === undefined ? EMPTY_BODY : reasonBody(reason);
    this.send(this.serializer.reply(message, status, body));
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const [, bytes] of this.#inbox.clear()) this.pending.remove(bytes);
    for (const channel of [...this.#channels.values()]) channel.end("disconnected");
    this.#around.connectionEnded(this);
  }
}

/** How many times the rate is not a lively client any more. */
const FLOOD = 10;
const POLICY_VIOLATION = 1008;
/** What the reference closes with when a message can't be decoded. */
const INTERNAL_ERROR = 1011;

/** Whether it is for this join of the topic. */
function isFor(channel: Channel, { joinRef }: ClientMessage): boolean {
  return joinRef === NO_REF || joinRef === channel.joinRef;
}

function isHeartbeat({ topic, event }: ClientMessage): boolean {
  return topic === "phoenix" && event === "heartbeat";
}

/** To refuse these would cost as much, and keep what the client no longer wants. */
function isAlwaysTaken(message: ClientMessage): boolean {
  return isHeartbeat(message) || message.event === "phx_leave";
}
