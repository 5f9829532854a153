import type { Body, Frame } from "../protocol/body.ts";
import { bodyOf } from "../protocol/body.ts";
import type { Serializer } from "../protocol/serializer.ts";
import { serializerV2 } from "../protocol/serializer-v2.ts";

/** One event for many: encoded once for each serializer, however many sockets get it. */
export class Broadcast {
  readonly topic: string;
  readonly event: string;
  readonly body: Body;
  readonly #frames = new Map<Serializer, Frame>();
  #payload: object | undefined;

  /** `payload` is what `body` was made of, where that is at hand. */
  constructor(topic: string, event: string, body: Body, payload?: object) {
    this.topic = topic;
    this.event = event;
    this.body = body;
    this.#payload = payload;
  }

  /**
   * @throws {InvalidArgumentError} for a payload that JSON can't carry.
   * @throws {LimitError} for bytes whose topic or event no frame has room for.
   */
  static of(topic: string, event: string, payload: object): Broadcast {
    const broadcast = new Broadcast(topic, event, bodyOf(payload), payload);
    // Whoever broadcasts hears of it now, and nobody has got it.
    if ("bytes" in broadcast.body) broadcast.frameFor(serializerV2);
    return broadcast;
  }

  /** What a handler gets. Where it came from another node it is read once. */
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
