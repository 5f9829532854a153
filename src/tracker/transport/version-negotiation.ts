import type { Codec, Codecs } from "../../wire/codec.ts";
import type { DecodeResult } from "../../wire/decode.ts";
import { foreignVersion, type MessageSigning } from "../../wire/seal.ts";

/**
 * Decides which protocol version a node writes during a rolling deploy: the newest, unless a node that only reads the older one
 * may be listening. A node writes the older version for `downPeriodMs` after its start, and again after each message of a node
 * whose newest version is older.
 *
 * Each message carries the newest version of its sender. That one counts, not the version of the message: two new nodes that
 * write the older version for a third node would otherwise never return to the newest.
 *
 * Time in which the node received nothing does not count as waiting time. During such an outage an old node may still hear us
 * while we do not hear it.
 */
export class VersionNegotiation {
  readonly #codecs: Codecs;
  readonly #downPeriodMs: number;
  /** A working node receives its own heartbeats more often than this. A longer silence means an outage or a pause. */
  readonly #longestCountedSilenceMs: number;
  #lastReadAt: number;
  /** How long to write the older version still. A new node starts with it, as it has not heard from its peers yet. */
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

  decode(bytes: Uint8Array, now: number, signing?: MessageSigning): DecodeResult {
    this.#writeOlderForMs -= Math.min(now - this.#lastReadAt, this.#longestCountedSilenceMs);
    this.#lastReadAt = now;
    const [newest] = this.#codecs;
    const version = bytes[0];
    const codec = this.#codecs.find((each) => each?.version === version);
    if (codec === undefined && version !== undefined) {
      const read = this.#codecs.map((each) => each!.version);
      return { ok: false, error: foreignVersion(bytes, read) };
    }
    const decoded = (codec ?? newest).decode(bytes, signing);
    if (decoded.ok && decoded.newest < newest.version) this.#writeOlderForMs = this.#downPeriodMs;
    return decoded;
  }
}
