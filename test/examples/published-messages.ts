import { memoryPubSub, type PubSub } from "../../src/index.ts";
import { decode } from "../../src/wire/decode.ts";

/** A pub/sub that records what is published. */
export class PublishedMessages {
  readonly pubsub: PubSub;
  readonly #messages: Buffer[] = [];
  /** The messages and bytes after each message of the presence, as the footers of the examples write them. */
  readonly #totals = new Map<string, number>();

  constructor() {
    const bus = memoryPubSub();
    let bytesSoFar = 0;
    this.pubsub = {
      ...bus,
      publish: (topic, bytes) => {
        this.#messages.push(Buffer.from(bytes));
        if (decode(bytes).ok) bytesSoFar += bytes.length;
        const count = this.modes.length;
        this.#totals.set(`${count} message${count === 1 ? "" : "s"}, ${sizeText(bytesSoFar)}`, bytesSoFar);
        return bus.publish(topic, bytes);
      },
    };
  }

  /** The mode of each message of the presence: presences or counts. */
  get modes(): readonly string[] {
    return this.#messages.flatMap((bytes) => {
      const decoded = decode(bytes);
      return decoded.ok ? decoded.mode : [];
    });
  }

  /** The bytes that a footer names, or `undefined` if they have never been published like that. */
  bytesNamedBy(footer: string): number | undefined {
    const named = /(?<=What left this process: )\d+ messages?, [\d.]+ k?B/.exec(footer)?.[0];
    return named === undefined ? undefined : this.#totals.get(named);
  }

  includes(text: string): boolean {
    return Buffer.concat(this.#messages).includes(text);
  }
}

function sizeText(bytes: number): string {
  return bytes < 1_000 ? `${bytes} B` : `${(bytes / 1_000).toFixed(1)} kB`;
}
