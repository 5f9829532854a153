import { reasonOf } from "../checks/reason-of.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { State } from "../payload.ts";

/**
 * A message to a subscriber: first a state, then every diff after it. `message.json` is its JSON text, made once for all subscribers
 * that get the same.
 *
 * @example
 * presence.subscribe("lobby", (message) => socket.send(message.json), { owner: socket });
 */
export type PresenceMessage<P extends object = State> = StateMessage<P> | DiffMessage<P>;

/**
 * All presences of a topic, as `fetch` projects them. It replaces all earlier messages.
 *
 * @example
 * if (message.event === "presence_state") render(message.payload);
 */
export interface StateMessage<P extends object = State> extends MessageText {
  readonly topic: string;
  readonly event: "presence_state";
  readonly payload: P;
}

/**
 * The joins and leaves of a topic, as `fetch` projects them.
 *
 * @example
 * if (message.event === "presence_diff") apply(message.payload.joins, message.payload.leaves);
 */
export interface DiffMessage<P extends object = State> extends MessageText {
  readonly topic: string;
  readonly event: "presence_diff";
  readonly payload: ProjectedChange<P>;
}

/**
 * The JSON text of a message. Reading it throws an `InvalidArgumentError` if what `fetch` returned cannot become JSON.
 *
 * @example
 * presence.subscribe("lobby", ({ json }: MessageText) => socket.send(json), { owner: socket });
 */
export interface MessageText {
  /** The JSON text of `topic`, `event` and `payload`, the same as `JSON.stringify(message)` and `String(message)`. */
  readonly json: string;
  /** The JSON text of `payload` alone, for a protocol that wraps it in another way. */
  readonly payloadJson: string;
  toString(): string;
}

/**
 * The joins and the leaves of a topic. `fetch` projects each of them by itself.
 *
 * @example
 * const change: ProjectedChange<{ readers: { count: number } }> = {
 *   joins: { readers: { count: 1 } },
 *   leaves: { readers: { count: 0 } },
 * };
 */
export interface ProjectedChange<P extends object = State> {
  readonly joins: P;
  readonly leaves: P;
}

export function stateMessage<P extends object>(topic: string, payload: P): StateMessage<P> {
  return new FrozenMessage(topic, "presence_state", payload);
}

export function diffMessage<P extends object>(topic: string, payload: ProjectedChange<P>): DiffMessage<P> {
  return new FrozenMessage(topic, "presence_diff", Object.freeze(payload));
}

class FrozenMessage<Event extends string, Payload extends object> implements MessageText {
  readonly topic: string;
  readonly event: Event;
  readonly payload: Payload;
  #payloadJson: string | undefined = undefined;
  #json: string | undefined = undefined;

  constructor(topic: string, event: Event, payload: Payload) {
    this.topic = topic;
    this.event = event;
    this.payload = payload;
    Object.freeze(this);
  }

  get payloadJson(): string {
    this.#payloadJson ??= jsonTextOf(this.payload);
    return this.#payloadJson;
  }

  get json(): string {
    this.#json ??= `{"topic":${JSON.stringify(this.topic)},"event":"${this.event}","payload":${this.payloadJson}}`;
    return this.#json;
  }

  toString(): string {
    return this.json;
  }
}

function jsonTextOf(payload: object): string {
  try {
    return JSON.stringify(payload);
  } catch (cause) {
    throw new InvalidArgumentError(
      `The projection of fetch can't become JSON: ${reasonOf(cause)}. Return plain objects, arrays, strings and ` +
        "numbers from fetch, or make the text from the message's payload yourself.",
      { cause },
    );
  }
}
