import { setImmediate as nextTurn } from "node:timers/promises";
import { FRAME_TOO_LARGE } from "../limits/client-refusals.ts";
import type { IdleWatch } from "../limits/idle-watch.ts";
import type { Frame } from "../protocol/serializer.ts";
import type { Transport, TransportEvents } from "../transport/transport.ts";
import { messagesOf } from "./batch.ts";

/** A request of a client that waits for messages. Exactly one of the methods is called, once. */
export interface Poll {
  /** Answers with these messages. `settle` says whether they reached the client, as far as this node knows. */
  deliver(messages: readonly string[], settle: (isDelivered: boolean) => void): void;
  /** Answers with no messages: a newer poll takes its place. */
  supersede(): void;
  /** The session has ended. */
  end(): void;
}

interface SessionOptions {
  /** The id that `connect` gave the client. */
  readonly clientId: string | undefined;
  readonly maxFrameBytes: number;
  /** Ends sessions that have not polled for a while. */
  readonly watch: IdleWatch<PollSession>;
  readonly onEnd: (session: PollSession) => void;
}

/** How many requests with messages of one session may be read and handled at a time. The official client sends one at a time. */
const MAX_POSTS = 4;

/** Carries the frames of a client that polls. They wait in a queue until the client asks for them. */
export class PollSession implements Transport {
  readonly hasOwnTimeout = true;
  /** The token of the client. */
  readonly token: string;
  readonly id: string;
  readonly #options: SessionOptions;
  #events: TransportEvents | undefined = undefined;
  #queue: Frame[] = [];
  #bytes = 0;
  #poll: Poll | undefined = undefined;
  #flush: NodeJS.Immediate | undefined = undefined;
  /** Rises with each delivery. */
  #deliveries = 0;
  #posts = 0;
  #handled: Promise<void> = Promise.resolve();
  #isPaused = false;
  /** Called when messages of the client may be read again. */
  #readers: (() => void)[] = [];
  #isOpen = true;

  constructor(id: string, token: string, options: SessionOptions) {
    this.id = id;
    this.token = token;
    this.#options = options;
    options.watch.touch(this);
  }

  get clientId(): string | undefined {
    return this.#options.clientId;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get bufferedAmount(): number {
    return this.#bytes;
  }

  listen(events: TransportEvents): void {
    this.#events = events;
  }

  send(frame: Frame): void {
    if (!this.#isOpen) return;
    this.#queue.push(frame);
    this.#bytes += sizeOf(frame);
    // At the end of this turn, so that one response carries all messages of it, such as a reply and the state that follows.
    if (this.#poll !== undefined) this.#flush ??= setImmediate(() => this.#deliver());
  }

  /** A client that polls sends no pings. */
  pong(): void {}

  /** Until `resume`, messages that have come wait, and so do the answers to their requests. The client sends no more before that. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const readers = this.#readers;
    this.#readers = [];
    for (const read of readers) read();
  }

  close(): void {
    if (this.#queue.length > 0) this.#deliver();
    this.terminate();
  }

  terminate(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.resume();
    clearImmediate(this.#flush);
    this.#queue = [];
    this.#bytes = 0;
    this.#options.watch.forget(this);
    this.#options.onEnd(this);
    this.#take()?.end();
    this.#events?.closed();
  }

  /** Answers this poll as soon as there are messages. An earlier poll is answered without any. */
  attach(poll: Poll): void {
    if (!this.#isOpen) {
      poll.end();
      return;
    }
    this.#options.watch.touch(this);
    this.#take()?.supersede();
    this.#poll = poll;
    if (this.#queue.length > 0) this.#deliver();
  }

  /** The poll was answered without messages, or its client has gone. */
  detach(poll: Poll): void {
    if (this.#poll === poll) this.#take();
  }

  /** Begins to receive a body. Returns a function that must be called when it is handled, or `undefined` if there are too many. */
  beginPost(): (() => void) | undefined {
    if (this.#posts >= MAX_POSTS) return undefined;
    this.#posts++;
    return () => void this.#posts--;
  }

  /** Resolves when messages may be read. */
  async readable(): Promise<void> {
    while (this.#isPaused) await new Promise<void>((resolve) => void this.#readers.push(resolve));
  }

  /**
   * Handles the messages of a body after those of earlier bodies. Resolves to whether the session is still open. Rejects if handling them
   * fails; later bodies are handled nevertheless.
   */
  async receive(body: Buffer, isBatch: boolean): Promise<boolean> {
    const handled = this.#handled.then(() => this.#receive(body, isBatch));
    this.#handled = handled.catch(() => {});
    await handled;
    return this.#isOpen;
  }

  async #receive(body: Buffer, isBatch: boolean): Promise<void> {
    let isFirst = true;
    for (const { data, isBinary } of messagesOf(body, isBatch)) {
      // A turn for each message: a batch must not keep the process from its other clients.
      if (!isFirst) await nextTurn();
      isFirst = false;
      await this.readable();
      if (!this.#isOpen) return;
      if (data.length > this.#options.maxFrameBytes) {
        this.#events?.failed(
          Object.assign(new RangeError("The message is too large."), { code: FRAME_TOO_LARGE }),
        );
        this.close();
      } else this.#events?.message(data, isBinary);
    }
  }

  #deliver(): void {
    const poll = this.#take();
    if (poll === undefined) return;
    const [frames, bytes] = [this.#queue, this.#bytes];
    this.#queue = [];
    this.#bytes = 0;
    const delivery = ++this.#deliveries;
    poll.deliver(frames.map(textOf), (isDelivered) => {
      if (isDelivered || !this.#isOpen) return;
      // Later messages may have reached the client already. It would miss these, so it has to join again.
      if (this.#deliveries !== delivery) return this.terminate();
      this.#queue = [...frames, ...this.#queue];
      this.#bytes += bytes;
      if (this.#poll !== undefined) this.#deliver();
    });
  }

  #take(): Poll | undefined {
    const poll = this.#poll;
    this.#poll = undefined;
    clearImmediate(this.#flush);
    this.#flush = undefined;
    return poll;
  }
}

function sizeOf({ head = "", data }: Frame): number {
  return Buffer.byteLength(head) + (typeof data === "string" ? Buffer.byteLength(data) : data.length);
}

function textOf({ head = "", data }: Frame): string {
  return (
    head +
    (typeof data === "string" ? data : Buffer.from(data.buffer, data.byteOffset, data.length).toString())
  );
}
