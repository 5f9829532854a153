import type { RunningTime } from "../time/running-time.ts";
import { TokenBucket } from "../time/token-bucket.ts";
import { TurnShare } from "../time/turn-share.ts";
import { Mailbox } from "./async/mailbox.ts";
import { isPromise } from "./async/promised.ts";
import type { Broadcast } from "./broadcast/broadcast.ts";
import type { Recipient } from "./broadcast/fan-out.ts";
import { Channel, type ChannelContext, type JoinOutcome } from "./channel/channel.ts";
import type { Routes } from "./channel/routes.ts";
import type { Connected } from "./connect/handshake.ts";
import type { ErrorOrigin, Refusal } from "./error-origin.ts";
import { FLOOD_FACTOR, flooded, refusedFrame, UNREADABLE, unmatchedTopic } from "./limits/client-refusals.ts";
import { PendingMessages } from "./limits/pending-messages.ts";
import { ReadThrottle } from "./limits/read-throttle.ts";
import { SharedPause } from "./limits/shared-pause.ts";
import { EMPTY_BODY, reasonBody } from "./protocol/body.ts";
import { type ClientMessage, type Frame, NO_REF, type Serializer } from "./protocol/serializer.ts";
import type { ResolvedEndpointOptions } from "./resolve-endpoint-options.ts";
import type { Transport } from "./transport/transport.ts";

/** The part of an endpoint that its connections use. */
export interface ConnectionContext {
  readonly options: ResolvedEndpointOptions;
  readonly routes: Routes;
  readonly time: RunningTime;
  /** Called when the client sends anything. */
  active(connection: Connection): void;
  broadcast(broadcast: Broadcast, except?: Recipient): void;
  channelJoined(channel: Channel): void;
  channelEnded(channel: Channel): void;
  /** Called when all channels of the connection have ended. Its transport may still be closing. */
  connectionEnded(connection: Connection): void;
  /** Called when its transport has closed. */
  connectionClosed(connection: Connection): void;
  report(error: unknown, where: ErrorOrigin): void;
  /** Leaves a trace of a client, or a message of it, that was refused. */
  refused(refusal: Refusal): void;
}

/** One connection of a client. It handles the messages of the client one at a time, and passes each to its channel. */
export class Connection implements ChannelContext {
  readonly id: string | undefined;
  readonly serializer: Serializer;
  readonly pending: PendingMessages;
  readonly #transport: Transport;
  readonly #assigns: object;
  readonly #context: ConnectionContext;
  readonly #rateLimit: TokenBucket;
  readonly #floodLimit: TokenBucket;
  readonly #joinLimit: TokenBucket;
  readonly #throttle: ReadThrottle;
  readonly #turnShare: TurnShare;
  readonly #channels = new Map<string, Channel>();
  readonly #inbox = new Mailbox<readonly [message: ClientMessage, bytes: number]>((item) =>
    this.#handle(item),
  );
  #isEnded = false;
  #isMuted = false;

  constructor(
    transport: Transport,
    serializer: Serializer,
    client: Connected<object>,
    context: ConnectionContext,
  ) {
    const { time, options } = context;
    const { clock, maxMessagesPerSecond, maxPendingMessages, maxBufferedBytes } = options;
    this.id = client.id;
    this.serializer = serializer;
    this.pending = new PendingMessages(maxPendingMessages, maxBufferedBytes);
    this.#transport = transport;
    this.#assigns = client.assigns;
    this.#context = context;
    this.#rateLimit = new TokenBucket(time, maxMessagesPerSecond);
    this.#floodLimit = new TokenBucket(time, FLOOD_FACTOR * maxMessagesPerSecond);
    this.#joinLimit = new TokenBucket(time, options.maxJoinsPerSecond);
    const pause = new SharedPause(transport);
    const bytesPerSecond = options.maxBytesPerSecond;
    this.#throttle = new ReadThrottle(pause.share(), { clock, time, bytesPerSecond });
    this.#turnShare = new TurnShare({ clock, ...pause.share() });
    transport.listen({
      message: (data, isBinary) => this.#receive(data, isBinary),
      active: () => this.#touch(),
      ping: (data) => this.#pong(data),
      failed: (error) => this.#refuseFrame(error),
      closed: () => {
        // In order: the messages that came before the close may still wait for their turn.
        this.#turnShare.run(() => this.#end());
        context.connectionClosed(this);
      },
    });
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Sends nothing to the client any more. */
  mute(): void {
    this.#isMuted = true;
  }

  /** Ends the channels without a message to the client, and closes the transport with this code. */
  close(code: number): void {
    this.#end();
    this.#transport.close(code);
  }

  /** Ends the channels, and cuts the connection at once: messages that the client has not read are lost. */
  terminate(): void {
    this.#end();
    this.#transport.terminate();
  }

  send(frame: Frame): void {
    if (this.#canSend()) this.#transport.send(frame);
  }

  broadcast(broadcast: Broadcast, except?: Recipient): void {
    this.#context.broadcast(broadcast, except);
  }

  remove(channel: Channel): void {
    if (this.#channels.get(channel.topic) === channel) this.#channels.delete(channel.topic);
    this.#context.channelEnded(channel);
  }

  report(error: unknown, where: ErrorOrigin): void {
    this.#context.report(error, this.id === undefined ? where : { ...where, id: this.id });
  }

  #touch(): void {
    if (!this.#isEnded && !this.#transport.hasOwnTimeout) this.#context.active(this);
  }

  /**
   * Terminates the connection of a client that does not read. A single message may be larger than the limit, which is checked before
   * the next one: otherwise it could never be sent.
   */
  #canSend(): boolean {
    if (this.#isMuted || !this.#transport.isOpen) return false;
    if (this.#transport.bufferedAmount <= this.#context.options.maxBufferedBytes) return true;
    this.terminate();
    return false;
  }

  #pong(data: Uint8Array): void {
    if (this.#isEnded) return;
    this.#touch();
    if (!this.#floodLimit.take()) this.#shut(flooded(this.#context.options));
    else if (this.#canSend()) this.#transport.pong(data);
  }

  /**
   * Handles a message of the client. The time that this takes refills no limit of the client: otherwise each slow message would let
   * further ones pass that the client sent at the same time.
   */
  #timed(handle: () => void): void {
    const { time } = this.#context;
    const begin = time.now();
    handle();
    const ms = time.now() - begin;
    for (const limit of [this.#rateLimit, this.#floodLimit, this.#joinLimit, this.#throttle]) limit.skip(ms);
  }

  #receive(data: Uint8Array, isBinary: boolean): void {
    if (this.#isEnded) return;
    this.#touch();
    this.#throttle.count(data.length);
    if (!this.#floodLimit.take()) {
      this.#shut(flooded(this.#context.options));
      return;
    }
    this.#turnShare.run(() => this.#timed(() => this.#decode(data, isBinary)));
  }

  #decode(data: Uint8Array, isBinary: boolean): void {
    try {
      this.#enqueue(this.serializer.decode(data, isBinary), data.length);
    } catch {
      // The message is malformed, or the reply can't be encoded: its topic or a ref is nested too deeply.
      this.#shut(UNREADABLE);
    }
  }

  #enqueue(message: ClientMessage, bytes: number): void {
    const isWithinRate = this.#rateLimit.take();
    if (!isWithinRate && !isNeverRefused(message)) this.#refuse(message, "too many messages");
    else if (this.pending.tryAdd(bytes)) this.#inbox.post([message, bytes]);
    else this.#answerUrgent(message);
  }

  /** Answers a heartbeat or a leave before the messages that wait: the queue is full. Refuses any other message. */
  #answerUrgent(message: ClientMessage): void {
    const { topic, event } = message;
    const channel = typeof topic === "string" ? this.#channels.get(topic) : undefined;
    if (isHeartbeat(message)) this.#reply({ ...message, joinRef: NO_REF }, "ok");
    else if (event === "phx_leave" && channel !== undefined && isForJoin(channel, message))
      channel.leave(message);
    else this.#refuse(message, "too many messages waiting");
  }

  #handle(item: readonly [ClientMessage, number]): PromiseLike<void> | void {
    // If the reply can't be encoded, the error may come here, because the message may have waited in the queue.
    const fail = (): void => this.#shut(UNREADABLE);
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
      const release = (): void => this.pending.release(bytes);
      if (joining !== undefined) return joining.then(release);
    } else if (channel !== undefined) {
      // The channel releases the pending bytes. A message for an earlier join is dropped.
      if (isForJoin(channel, message)) {
        channel.receive(message, bytes);
        return undefined;
      }
    } else if (event === "phx_leave") {
      this.#reply(message, "ok");
    } else {
      this.#refuseTopic(message);
    }
    this.pending.release(bytes);
    return undefined;
  }

  #join(message: ClientMessage, old: Channel | undefined): PromiseLike<void> | undefined {
    const { topic, joinRef } = message;
    const handlers = typeof topic === "string" ? this.#context.routes.find(topic) : undefined;
    if (typeof topic !== "string" || handlers === undefined) {
      this.#refuseTopic(message);
      return undefined;
    }
    if (old === undefined && this.#channels.size >= this.#context.options.maxChannels) {
      this.#refuse(message, "too many channels joined");
      return undefined;
    }
    // The earlier join stays: its end would be one more change for all others in the topic.
    if (!this.#joinLimit.take()) {
      this.#refuse(message, "too many joins");
      return undefined;
    }
    // If the client joins again, the old join ends first, and its phx_close follows the reply to the new one.
    old?.end("rejoined");
    const channel = new Channel(this, handlers, { topic, joinRef }, { ...this.#assigns });
    const outcome = channel.join(message);
    const finish = (outcome: JoinOutcome): void => this.#finishJoin(channel, outcome, old);
    if (isPromise(outcome)) return outcome.then(finish);
    finish(outcome);
    return undefined;
  }

  #finishJoin(channel: Channel, { isAccepted, reply }: JoinOutcome, old: Channel | undefined): void {
    const hasEnded = this.#isEnded;
    if (isAccepted && !hasEnded) {
      this.#channels.set(channel.topic, channel);
      this.#context.channelJoined(channel);
    }
    this.send(reply);
    if (old !== undefined) this.send(old.closeFrame());
    // The join was refused, or the connection ended while the join was decided.
    if (!isAccepted || hasEnded) channel.end("disconnected");
    else channel.open();
  }

  #refuseTopic(message: ClientMessage): void {
    this.#refuse({ ...message, joinRef: NO_REF }, "unmatched topic");
    this.#leaveTrace(unmatchedTopic(message));
  }

  /** A frame that `ws` refuses: it closes the socket itself, with the right code. */
  #refuseFrame(error: Error): void {
    const refusal = refusedFrame(error, this.#context.options);
    if (refusal !== undefined) this.#leaveTrace(refusal);
  }

  /** Closes the connection of a client that does what it may not. */
  #shut(refusal: Refusal & { readonly closeCode: number }): void {
    if (this.#isEnded) return;
    this.close(refusal.closeCode);
    this.#leaveTrace(refusal);
  }

  #leaveTrace(refusal: Refusal): void {
    this.#context.refused(this.id === undefined ? refusal : { ...refusal, id: this.id });
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
    this.#throttle.end();
    this.#turnShare.clear();
    for (const [, bytes] of this.#inbox.clear()) this.pending.release(bytes);
    const channels = [...this.#channels.values()];
    for (const channel of channels) channel.close("disconnected");
    for (const channel of channels) channel.release();
    this.#context.connectionEnded(this);
  }
}

/** Whether a message belongs to the current join of its topic. */
function isForJoin(channel: Channel, { joinRef }: ClientMessage): boolean {
  return joinRef === NO_REF || joinRef === channel.joinRef;
}

function isHeartbeat({ topic, event }: ClientMessage): boolean {
  return topic === "phoenix" && event === "heartbeat";
}

/** A refusal of these costs as much as their answer, and a refused leave would keep a channel that the client does not want. */
function isNeverRefused(message: ClientMessage): boolean {
  return isHeartbeat(message) || message.event === "phx_leave";
}
