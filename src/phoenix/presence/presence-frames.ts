import type { PresenceMessage } from "../../presence/presence-message.ts";
import { Broadcast } from "../broadcast/broadcast.ts";
import type { Body } from "../protocol/body.ts";

/** Puts the messages of a presence into frames, out of the JSON text that all who get one share: nothing is encoded twice. */
export class PresenceFrames {
  readonly #bodies = new WeakMap<object, Body>();
  /** By channel topic as well: channels of several may follow one topic of a presence. */
  readonly #broadcasts = new WeakMap<object, Map<string, Broadcast>>();

  /** Its payload. */
  bodyOf(message: PresenceMessage<object>): Body {
    const known = this.#bodies.get(message);
    if (known !== undefined) return known;
    // {"event":"presence_diff","payload":…}
    const json = String(message).slice(`{"event":"${message.event}","payload":`.length, -1);
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

/** A smaller state is copied for each who gets it: it fills no memory, and a fragment more is a system call more. */
const SHARED_FROM = 16_384;
