import { checkDiff, checkKind } from "./check-kind.ts";

/**
 * A source of server messages, such as a channel of the `phoenix` package. A channel with `joinRef` can be joined
 * again: the client then queues diffs until the state of the new join arrives.
 *
 * @example
 * const channel: PresenceChannel = { on: (event, callback) => emitter.on(event, callback) };
 */
export interface PresenceChannel {
  on(event: string, callback: (payload: unknown) => void): unknown;
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

/** Receives states and diffs, from a channel, from `receive`, or from both. */
export class Feed {
  readonly #channel: PresenceChannel | undefined;
  readonly #handlers = new Map<string, (payload: never) => void>();
  #joinRef: unknown;

  constructor(
    channel: PresenceChannel | undefined,
    { events }: FeedOptions,
    onState: (payload: never) => void,
    onDiff: (payload: never, isPending: boolean) => void,
  ) {
    const { state, diff } = events ?? { state: "presence_state", diff: "presence_diff" };
    checkKind("events.state", state, "string");
    checkKind("events.diff", diff, "string");
    if (channel) checkKind("channel.on", channel.on, "function");
    this.#channel = channel;
    this.#handlers.set(state, (payload) => {
      checkKind("state", payload, "object");
      this.#joinRef = this.#currentJoin();
      onState(payload);
    });
    this.#handlers.set(diff, (payload) => {
      checkDiff(payload);
      onDiff(payload, this.isPending());
    });
    for (const [event, handler] of this.#handlers) channel?.on(event, handler as (payload: unknown) => void);
  }

  /** Handles a message or its JSON text. Returns whether it was a state or a diff. */
  receive(message: FeedMessage | string): boolean {
    const parsed: Partial<FeedMessage> | null = typeof message === "string" ? JSON.parse(message) : message;
    const { event, payload } = parsed ?? {};
    const handler = this.#handlers.get(event!);
    handler?.(payload as never);
    return !!handler;
  }

  /** Whether the state of the current join has not arrived yet. */
  isPending(): boolean {
    return !this.#joinRef || this.#joinRef !== this.#currentJoin();
  }

  /** Without a `joinRef`, everything belongs to one join. */
  #currentJoin(): unknown {
    return this.#channel?.joinRef ? this.#channel.joinRef() : true;
  }
}
