import { ForeignVersionError } from "../../errors.ts";
import type { Codec, Codecs } from "../../wire/codec.ts";
import type { DecodeResult } from "../../wire/decode.ts";

/**
 * Which version of the protocol is written: the newest, unless somebody may listen who does not read it yet. So a cluster is
 * upgraded node by node. What counts is what a sender speaks, not what it wrote: two that write the older one for a third
 * would otherwise keep each other at it for ever. Time in which we could not hear does not count: the older one may be all
 * that others read, and they still hear us.
 */
export class VersionNegotiation {
  readonly #codecs: Codecs;
  readonly #downPeriodMs: number;
  /** Who hears, hears its own heartbeats at least as often: a longer silence is deafness, an outage, or a pause of our own. */
  readonly #longestCountedSilenceMs: number;
  #lastReadAt: number;
  /** For how long the older one is to be written. Who has just come has not listened yet to who is there. */
  #writeOlderForMs: number;

  constructor(codecs: Codecs, downPeriodMs: number, now: number) {
    this.#codecs = codecs;
    this.#downPeriodMs = downPeriodMs;
    this.#longestCountedSilenceMs = downPeriodMs / 4;
    this.#lastReadAt = now;
    this.#writeOlderForMs = downPeriodMs;
  }

  get newest(): number {
    return this.#codecs[0].version;
  }

  get codecToWrite(): Codec {
    const [newest, previous = newest] = this.#codecs;
    return this.#writeOlderForMs > 0 ? previous : newest;
  }

  decode(bytes: Uint8Array, now: number): DecodeResult {
    this.#writeOlderForMs -= Math.min(now - this.#lastReadAt, this.#longestCountedSilenceMs);
    this.#lastReadAt = now;
    const [newest] = this.#codecs;
    const version = bytes[0];
    const codec = this.#codecs.find((each) => each?.version === version);
    if (codec === undefined && version !== undefined) {
      const read = this.#codecs.map((each) => each!.version);
      return { ok: false, error: new ForeignVersionError(version, read) };
    }
    const decoded = (codec ?? newest).decode(bytes);
    if (decoded.ok && decoded.newest < newest.version) this.#writeOlderForMs = this.#downPeriodMs;
    return decoded;
  }
}
