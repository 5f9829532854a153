import { randomUUID } from "node:crypto";
import { LimitError, MalformedMessageError, TransportError } from "../../errors.ts";
import type { PubSub } from "../../pubsub/pubsub.ts";
import { utf8 } from "../protocol/json.ts";
import { Broadcast } from "./broadcast.ts";

/** What endpoints of other processes say. */
export interface RelayHandlers {
  broadcast(broadcast: Broadcast): void;
  disconnect(id: string): void;
  error(error: Error): void;
}

/** The part of a message that is about the rest of it: as JSON, behind a version and its own length. */
interface Header {
  readonly from: string;
  /** Rises with each: a transport may take two equal messages for one, as PostgreSQL does within a transaction. */
  readonly number: number;
  readonly topic?: string;
  readonly event?: string;
  readonly isBinary?: boolean;
  readonly disconnect?: string;
}

const VERSION = 1;

/** Carries broadcasts and disconnects between the endpoints of a cluster. */
export class ClusterRelay {
  readonly #pubsub: PubSub;
  readonly #topic: string;
  readonly #heard: RelayHandlers;
  readonly #id: string = randomUUID();
  #count = 0;

  constructor(pubsub: PubSub, clusterName: string, heard: RelayHandlers) {
    this.#pubsub = pubsub;
    this.#topic = `${clusterName}:channels`;
    this.#heard = heard;
  }

  async subscribe(): Promise<void> {
    await this.#pubsub.subscribe(this.#topic, this.#listen);
  }

  async unsubscribe(): Promise<void> {
    await this.#pubsub.unsubscribe(this.#topic, this.#listen);
  }

  /** @throws {LimitError} for more than the pub/sub carries: nobody gets it. */
  broadcast({ topic, event, body }: Broadcast): () => void {
    const isBinary = "bytes" in body;
    const bytes = isBinary ? body.bytes : Buffer.from(body.json);
    return this.#prepare({ topic, event, isBinary }, bytes);
  }

  disconnect(id: string): void {
    this.#prepare({ disconnect: id }, new Uint8Array())();
  }

  /** What publishes it. */
  #prepare(header: Omit<Header, "from" | "number">, body: Uint8Array): () => void {
    const whole: Header = { from: this.#id, number: ++this.#count, ...header };
    const head = Buffer.from(JSON.stringify(whole));
    const prefix = Buffer.alloc(5);
    prefix[0] = VERSION;
    prefix.writeUInt32BE(head.length, 1);
    const message = Buffer.concat([prefix, head, body]);
    const { maxMessageBytes: allowed = Number.POSITIVE_INFINITY } = this.#pubsub;
    if (message.length > allowed) throw tooLarge(message.length, allowed);
    return () => {
      try {
        this.#pubsub.publish(this.#topic, message)?.catch(this.#fail);
      } catch (cause) {
        this.#fail(cause);
      }
    };
  }

  readonly #fail = (cause: unknown): void => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The transport could not publish: ${reason}. Sockets of other processes don't get it.`;
    this.#heard.error(new TransportError(message, { cause }));
  };

  readonly #listen = (bytes: Uint8Array): void => {
    try {
      this.#take(bytes);
    } catch (cause) {
      const message =
        "A message of another endpoint can't be read, and is dropped. Does something else publish there?";
      this.#heard.error(new MalformedMessageError(message, { cause }));
    }
  };

  #take(bytes: Uint8Array): void {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view[0] !== VERSION) throw new RangeError(`its version is ${view[0]}, not ${VERSION}`);
    const end = 5 + view.readUInt32BE(1);
    const { from, topic, event, isBinary, disconnect } = JSON.parse(
      utf8.decode(view.subarray(5, end)),
    ) as Header;
    if (from === this.#id) return;
    if (disconnect !== undefined) {
      this.#heard.disconnect(disconnect);
      return;
    }
    if (typeof topic !== "string" || typeof event !== "string") throw new TypeError("it has no topic");
    const rest = view.subarray(end);
    const body = isBinary ? { bytes: new Uint8Array(rest) } : { json: utf8.decode(rest) };
    this.#heard.broadcast(new Broadcast(topic, event, body));
  }
}

function tooLarge(given: number, allowed: number): LimitError {
  const message = `The broadcast is a message of ${given} bytes; the pub/sub carries ${allowed}. Send less, or a reference to it.`;
  return new LimitError(message, { limit: "maxMessageBytes", given, allowed });
}
