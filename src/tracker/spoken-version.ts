import { ForeignVersionError } from "../errors.ts";
import type { Codec, Codecs } from "../wire/codec.ts";
import type { Decoded } from "../wire/decode.ts";

/**
 * Which version of the protocol is written: the newest, unless somebody may listen who does not read it yet. So a cluster is
 * upgraded node by node. What counts is what a sender speaks, not what it wrote: two that write the older one for a third
 * would otherwise keep each other at it for ever.
 */
export class SpokenVersion {
  readonly #codecs: Codecs;
  readonly #downPeriodMs: number;
  /** Until then the older one is written. Who has just come has not listened yet to who is there. */
  #olderUntil: number;

  constructor(codecs: Codecs, downPeriodMs: number, now: number) {
    this.#codecs = codecs;
    this.#downPeriodMs = downPeriodMs;
    this.#olderUntil = now + downPeriodMs;
  }

  get newest(): number {
    return this.#codecs[0].version;
  }

  toWrite(now: number): Codec {
    const [newest, previous = newest] = this.#codecs;
    return now < this.#olderUntil ? previous : newest;
  }

  read(bytes: Uint8Array, now: number): Decoded {
    const [newest] = this.#codecs;
    const version = bytes[0];
    const codec = this.#codecs.find((each) => each?.version === version);
    if (codec === undefined && version !== undefined) {
      const read = this.#codecs.map((each) => each!.version);
      return { ok: false, error: new ForeignVersionError(version, read) };
    }
    const decoded = (codec ?? newest).decode(bytes);
    if (decoded.ok && decoded.newest < newest.version) this.#olderUntil = now + this.#downPeriodMs;
    return decoded;
  }
}
