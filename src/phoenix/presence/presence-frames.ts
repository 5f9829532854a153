import type { PresenceMessage } from "../../presence/presence-message.ts";
import { Broadcast } from "../broadcast/broadcast.ts";
import type { Body } from "../protocol/body.ts";

/** Encodes each presence message once, from the JSON text that all its subscribers share. */
export class PresenceFrames {
  readonly #bodies = new WeakMap<object, Body>();
  /** The broadcasts of a message by channel topic: channels with different topics may follow the same presence topic. */
  readonly #broadcasts = new WeakMap<object, Map<string, Broadcast>>();

  /** The payload of a message. */
  bodyOf(message: PresenceMessage<object>): Body {
    const known = this.#bodies.get(message);
    if (known !== undefined) return known;
    const json = message.payloadJson;
    const isShared = message.event === "presence_state" && json.length >= SHARED_FROM;
    const body = isShared ? { json, shared: Buffer.from(`${json}]`) } : { json };
    this.#bodies.set(message, body);
    return body;
  }

  broadcastOf(message: PresenceMessage<object>, topic: string): Broadcast {
    const byTopic = this.#broadcasts.get(message) ?? new Map<string, Broadcast>();
    this.#broadcasts.set(message, byTopic);
    const known = byTopic.get(topic);
    if (known !== undefined) return known;
    const broadcast = new Broadcast(topic, message.event, this.bodyOf(message), message.payload);
    byTopic.set(topic, broadcast);
    return broadcast;
  }
}

/** From how many characters on clients share one copy of a state. A copy of a smaller one costs less than a second fragment. */
const SHARED_FROM = 16_384;
