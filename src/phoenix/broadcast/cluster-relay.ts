import { randomUUID } from "node:crypto";
import { reasonOf } from "../../checks/reason-of.ts";
import { LimitError, MalformedMessageError, TransportError, UntrustedMessageError } from "../../errors.ts";
import type { PubSub } from "../../pubsub/pubsub.ts";
import type { SecretOptions } from "../../signing/check-secret.ts";
import { createSigning } from "../../signing/create-signing.ts";
import type { Clock } from "../../time/clock.ts";
import { RefusalReports } from "../../wire/refusal-reports.ts";
import type { MessageSigning } from "../../wire/seal.ts";
import { utf8Decoder } from "../protocol/json.ts";
import { Broadcast } from "./broadcast.ts";
import { decodeRelayMessage, encodeRelayMessage } from "./relay-message.ts";

/** Called for the messages of other endpoints, and for the errors of the pub/sub. */
export interface RelayHandlers {
  broadcast(broadcast: Broadcast): void;
  disconnect(id: string): void;
  error(error: Error): void;
}

interface RelayOptions extends SecretOptions {
  readonly clusterName: string;
  readonly clock: Clock;
}

/** The header of a message. */
interface Header {
  /** The id of the endpoint that sends the message. */
  readonly from: string;
  /** Rises with each message, so that no two are equal: within a transaction, PostgreSQL delivers equal messages once. */
  readonly number: number;
  readonly topic?: string;
  readonly event?: string;
  readonly isBinary?: boolean;
  readonly disconnect?: string;
}

/** Carries broadcasts and disconnects between the endpoints of a cluster. */
export class ClusterRelay {
  readonly #pubsub: PubSub;
  readonly #topic: string;
  readonly #handlers: RelayHandlers;
  readonly #clock: Clock;
  readonly #signing: MessageSigning | undefined;
  readonly #refusalReports = new RefusalReports();
  readonly #id: string = randomUUID();
  #count = 0;

  constructor(pubsub: PubSub, options: RelayOptions, handlers: RelayHandlers) {
    this.#pubsub = pubsub;
    this.#topic = `${options.clusterName}:channels`;
    this.#clock = options.clock;
    this.#signing = createSigning(options, this.#topic);
    this.#handlers = handlers;
  }

  async subscribe(): Promise<void> {
    await this.#pubsub.subscribe(this.#topic, this.#listen);
  }

  async unsubscribe(): Promise<void> {
    await this.#pubsub.unsubscribe(this.#topic, this.#listen);
  }

  /**
   * Encodes a broadcast, and returns the function that publishes it.
   *
   * @throws {LimitError} if the message is larger than the pub/sub carries.
   */
  broadcast({ topic, event, body }: Broadcast): () => void {
    const isBinary = "bytes" in body;
    const bytes = isBinary ? body.bytes : Buffer.from(body.json);
    return this.#prepare({ topic, event, isBinary }, bytes);
  }

  disconnect(id: string): void {
    this.#prepare({ disconnect: id }, new Uint8Array())();
  }

  /** Encodes a message, and returns the function that publishes it. */
  #prepare(fields: Omit<Header, "from" | "number">, body: Uint8Array): () => void {
    const header: Header = { from: this.#id, number: ++this.#count, ...fields };
    const message = encodeRelayMessage(header, body, this.#signing);
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
    const message = `The pub/sub could not publish: ${reasonOf(cause)}. The sockets of other processes miss this message.`;
    this.#handlers.error(new TransportError(message, { cause }));
  };

  readonly #listen = (bytes: Uint8Array): void => {
    try {
      this.#read(bytes);
    } catch (cause) {
      const error = cause instanceof UntrustedMessageError ? cause : this.#malformed(cause);
      if (this.#refusalReports.shouldReport(error, this.#clock.now())) this.#handlers.error(error);
    }
  };

  #read(bytes: Uint8Array): void {
    const { header, body: rest } = decodeRelayMessage<Header>(bytes, this.#signing);
    const { from, topic, event, isBinary, disconnect } = header;
    if (from === this.#id) return;
    if (typeof disconnect === "string") {
      this.#handlers.disconnect(disconnect);
      return;
    }
    if (typeof topic !== "string" || typeof event !== "string") throw new TypeError("it has no topic");
    const body = isBinary === true ? { bytes: new Uint8Array(rest) } : { json: utf8Decoder.decode(rest) };
    this.#handlers.broadcast(new Broadcast(topic, event, body));
  }

  #malformed(cause: unknown): MalformedMessageError {
    const message =
      `A message on the pub/sub topic "${this.#topic}" could not be read, and was dropped. ` +
      "Check that only endpoints publish to this topic, and that no proxy changes messages.";
    return new MalformedMessageError(message, { cause });
  }
}

function tooLarge(given: number, allowed: number): LimitError {
  const message =
    `The broadcast is a message of ${given} bytes; the pub/sub carries ${allowed}. ` +
    "Send less, or send a reference to the data.";
  return new LimitError(message, { limit: "maxMessageBytes", given, allowed });
}
