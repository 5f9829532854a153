import { checkDiff, checkKind } from "./check-kind.ts";

/**
 * A source of server messages, such as a channel of the `phoenix` package. A channel with `joinRef` can be joined
 * again: the client then queues diffs until the state of the new join arrives, and drops what it had queued for the
 * state of an earlier join.
 *
 * @example
 * const channel: PresenceChannel = { on: (event, callback) => emitter.on(event, callback) };
 */
export interface PresenceChannel {
  /**
   * Adds a listener. It gets the payload, and may get the ref of the message and the ref of the join that the message
   * belongs to. Returns what `off` takes to remove the listener, or a function that removes it, or nothing.
   */
  on(event: string, callback: (payload: unknown, ref?: unknown, joinRef?: unknown) => void): unknown;
  /** Removes a listener, by the number or string that `on` returned, or else by the listener. `destroy` calls it. */
  // biome-ignore lint/suspicious/noExplicitAny: channels name their listeners by numbers, emitters by functions.
  off?(event: string, listener: any): unknown;
  /** The ref of the current join, another one after each rejoin. */
  joinRef?(): unknown;
}

/**
 * Options of `PresenceClient` and the stores.
 *
 * @example
 * const options: FeedOptions = { events: { state: "room_state", diff: "room_diff" } };
 */
export interface FeedOptions {
  /**
   * The names of the server's messages.
   *
   * @defaultValue `{ state: "presence_state", diff: "presence_diff" }`
   */
  readonly events?: { readonly state: string; readonly diff: string };
}

/**
 * A message from `presence.subscribe` of the server, or any other message on the same connection.
 *
 * @example
 * const message: FeedMessage = { event: "presence_diff", payload: { joins: {}, leaves: {} } };
 */
export interface FeedMessage {
  readonly event: string;
  readonly payload?: unknown;
}

/** What a feed calls. A diff is pending while the state of its join has not arrived. */
export interface FeedHandlers {
  readonly onState: (payload: never) => void;
  readonly onDiff: (payload: never, isPending: boolean) => void;
  /** Called before the first message of another join. */
  readonly onNewJoin?: () => void;
}

/** Receives states and diffs, from a channel, from `receive`, or from both. */
export class Feed {
  readonly #channel: PresenceChannel | undefined;
  readonly #handlers = new Map<unknown, (payload: never) => void>();
  readonly #onNewJoin: FeedHandlers["onNewJoin"];
  #removers: (() => void)[] = [];
  /** The join of the latest message, and of the latest state. */
  #join: unknown;
  #stateJoin: unknown;
  #isDestroyed = false;

  constructor(
    channel: PresenceChannel | undefined,
    { events }: FeedOptions,
    { onState, onDiff, onNewJoin }: FeedHandlers,
  ) {
    const { state, diff } = events ?? { state: "presence_state", diff: "presence_diff" };
    checkKind("events.state", state, "string");
    checkKind("events.diff", diff, "string");
    if (channel) checkKind("channel.on", channel.on, "function");
    this.#channel = channel;
    this.#onNewJoin = onNewJoin;
    this.#handlers.set(state, (payload) => {
      checkKind("state", payload, "object");
      this.#enterJoin();
      this.#stateJoin = this.#join;
      onState(payload);
    });
    this.#handlers.set(diff, (payload) => {
      checkDiff(payload);
      this.#enterJoin();
      onDiff(payload, this.isPending());
    });
    if (channel) this.#removers = [state, diff].map((event) => this.#listen(channel, event));
  }

  /** Handles a message or its JSON text. Returns whether it was a state or a diff. */
  receive(message: FeedMessage | string): boolean {
    const parsed: Partial<FeedMessage> | null = typeof message === "string" ? JSON.parse(message) : message;
    const { event, payload } = parsed ?? {};
    const handler = this.#handlers.get(event);
    if (!handler || this.#isDestroyed) return false;
    handler(payload as never);
    return true;
  }

  /** Whether the state of the current join has not arrived yet. */
  isPending(): boolean {
    return (this.#stateJoin ?? null) === null || this.#stateJoin !== this.#currentJoin();
  }

  /** Removes the listeners from the channel. From then on, the feed ignores all messages. */
  destroy(): void {
    this.#isDestroyed = true;
    for (const remove of this.#removers.splice(0)) remove();
  }

  #listen(channel: PresenceChannel, event: string): () => void {
    const listener = (payload: unknown, _ref?: unknown, joinRef?: unknown) => {
      // A late message of an earlier join. Without `joinRef`, the arguments of a listener are something else.
      const isLate = channel.joinRef && (joinRef ?? null) !== null && joinRef !== channel.joinRef();
      if (!isLate) this.receive({ event, payload });
    };
    const added = channel.on(event, listener);
    return () => {
      if (typeof added === "function") added();
      else channel.off?.(event, /^(number|string)$/.test(typeof added) ? added : listener);
    };
  }

  #enterJoin(): void {
    const join = this.#currentJoin();
    if (join !== this.#join) this.#onNewJoin?.();
    this.#join = join;
  }

  /** Without a `joinRef`, everything belongs to one join. */
  #currentJoin(): unknown {
    return this.#channel?.joinRef ? this.#channel.joinRef() : true;
  }
}
