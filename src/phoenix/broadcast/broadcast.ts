import { type Body, bodyOf } from "../protocol/body.ts";
import type { Frame, Serializer } from "../protocol/serializer.ts";
import { serializerV2 } from "../protocol/serializer-v2.ts";

/** One event for many sockets. Each serializer encodes it once, however many sockets receive it. */
export class Broadcast {
  readonly topic: string;
  readonly event: string;
  readonly body: Body;
  readonly #frames = new Map<Serializer, Frame>();
  #payload: object | undefined;

  /** `payload` is the object that `body` was encoded from, if the caller has it. */
  constructor(topic: string, event: string, body: Body, payload?: object) {
    this.topic = topic;
    this.event = event;
    this.body = body;
    this.#payload = payload;
  }

  /**
   * Encodes the payload of a new broadcast.
   *
   * @throws {InvalidArgumentError} for a payload that JSON can't carry.
   * @throws {LimitError} for bytes with a topic or event of over 255 bytes.
   */
  static of(topic: string, event: string, payload: object): Broadcast {
    const broadcast = new Broadcast(topic, event, bodyOf(payload), payload);
    // Encode the frame now: if a name is too long, the caller gets the error before any client gets the broadcast.
    if ("bytes" in broadcast.body) broadcast.frameFor(serializerV2);
    return broadcast;
  }

  /** The payload for `handleOut`. If the broadcast came from another node, the payload is parsed on first use. */
  get payload(): object {
    this.#payload ??= "bytes" in this.body ? this.body.bytes : (JSON.parse(this.body.json) as object);
    return this.#payload;
  }

  frameFor(serializer: Serializer): Frame {
    const known = this.#frames.get(serializer);
    if (known !== undefined) return known;
    const { data, isBinary } = serializer.broadcast(this.topic, this.event, this.body);
    const frame = { data: typeof data === "string" ? Buffer.from(data) : data, isBinary };
    this.#frames.set(serializer, frame);
    return frame;
  }
}
