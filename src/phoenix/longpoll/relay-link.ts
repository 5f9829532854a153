import { reasonOf } from "../../checks/reason-of.ts";
import { MalformedMessageError, TransportError, UntrustedMessageError } from "../../errors.ts";
import type { PubSub } from "../../pubsub/pubsub.ts";
import type { SecretOptions } from "../../signing/check-secret.ts";
import { createSigning } from "../../signing/create-signing.ts";
import type { Clock } from "../../time/clock.ts";
import { RefusalReports } from "../../wire/refusal-reports.ts";
import { type MessageSigning, sealBytes } from "../../wire/seal.ts";
import { decodeRelayMessage, encodeRelayMessage } from "../broadcast/relay-message.ts";

/** The header of a message: what it is, and whatever else it needs to say. */
export interface RelayHeader {
  readonly kind: string;
  readonly [name: string]: string | number | boolean;
}

/** The header of one part of a message. */
interface PartHeader extends RelayHeader {
  readonly from: string;
  readonly number: number;
  readonly part: number;
  readonly parts: number;
}

interface Assembly {
  readonly parts: (Buffer | undefined)[];
  missing: number;
  readonly cancel: () => void;
}

export interface LinkOptions extends SecretOptions {
  readonly pubsub: PubSub;
  readonly clusterName: string;
  readonly node: string;
  readonly clock: Clock;
  readonly error: (error: Error) => void;
  readonly receive: (from: string, header: RelayHeader, body: Buffer) => void;
}

/** How long the parts of a message wait for the others. */
const ASSEMBLY_MS = 5_000;
const MAX_ASSEMBLIES = 1_000;
/** How many parts the largest message may have. A pub/sub carries 2 560 bytes at least. */
const MAX_PARTS = 100_000;
/** How many messages are remembered, because a pub/sub may deliver one twice. */
const MAX_REMEMBERED = 10_000;
const MAX_PART_BYTES = 262_144;
/** Leaves room for the header. */
const HEADER_BYTES = 512;
/** How many topics' keys are kept. Others are derived again. */
const MAX_KEYS = 10_000;

/**
 * Sends messages of any size to one node, or to all, and receives each at most once. Each node has a topic of its own, so that it does
 * not hear what concerns others. The messages are sealed as those of `ClusterRelay`, with a key for each topic.
 */
export class RelayLink {
  readonly #options: LinkOptions;
  readonly #bodyBytes: number;
  readonly #assemblies = new Map<string, Assembly>();
  readonly #received = new Set<string>();
  readonly #signings = new Map<string, MessageSigning | undefined>();
  readonly #refusalReports = new RefusalReports();
  #count = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { maxMessageBytes = MAX_PART_BYTES } = options.pubsub;
    const overhead = HEADER_BYTES + sealBytes(this.#signingOf(this.#topicOf()));
    this.#bodyBytes = Math.min(maxMessageBytes, MAX_PART_BYTES) - overhead;
  }

  async subscribe(): Promise<void> {
    const { pubsub, node } = this.#options;
    await Promise.all([
      pubsub.subscribe(this.#topicOf(node), this.#listenToNode),
      pubsub.subscribe(this.#topicOf(), this.#listenToAll),
    ]);
  }

  async unsubscribe(): Promise<void> {
    const { pubsub, node } = this.#options;
    for (const { cancel } of this.#assemblies.values()) cancel();
    this.#assemblies.clear();
    await Promise.all([
      pubsub.unsubscribe(this.#topicOf(node), this.#listenToNode),
      pubsub.unsubscribe(this.#topicOf(), this.#listenToAll),
    ]);
  }

  send(to: string, header: RelayHeader, body: Uint8Array = new Uint8Array()): void {
    this.#publish(this.#topicOf(to), header, body);
  }

  sendToAll(header: RelayHeader): void {
    this.#publish(this.#topicOf(), header, new Uint8Array());
  }

  /** Without a node, the topic of all nodes. */
  #topicOf(node?: string): string {
    const topic = `${this.#options.clusterName}:lp`;
    return node === undefined ? topic : `${topic}:${node}`;
  }

  #signingOf(topic: string): MessageSigning | undefined {
    if (this.#signings.has(topic)) return this.#signings.get(topic);
    if (this.#signings.size >= MAX_KEYS) this.#signings.clear();
    const signing = createSigning(this.#options, topic);
    this.#signings.set(topic, signing);
    return signing;
  }

  #publish(topic: string, header: RelayHeader, body: Uint8Array): void {
    const { pubsub, node: from } = this.#options;
    const number = ++this.#count;
    const parts = Math.max(1, Math.ceil(body.length / this.#bodyBytes));
    for (let part = 0; part < parts; part++) {
      const bytes = body.subarray(part * this.#bodyBytes, (part + 1) * this.#bodyBytes);
      const message = encodeRelayMessage(
        { ...header, from, number, part, parts } satisfies PartHeader,
        bytes,
        this.#signingOf(topic),
      );
      try {
        pubsub.publish(topic, message)?.catch(this.#fail);
      } catch (cause) {
        this.#fail(cause);
      }
    }
  }

  readonly #fail = (cause: unknown): void => {
    const message = `The pub/sub could not publish: ${reasonOf(cause)}. A client that polls may have to connect again.`;
    this.#options.error(new TransportError(message, { cause }));
  };

  readonly #listenToNode = (bytes: Uint8Array): void =>
    this.#listen(this.#topicOf(this.#options.node), bytes);

  readonly #listenToAll = (bytes: Uint8Array): void => this.#listen(this.#topicOf(), bytes);

  #listen(topic: string, bytes: Uint8Array): void {
    try {
      const { header, body } = decodeRelayMessage<PartHeader>(bytes, this.#signingOf(topic));
      assertHeader(header);
      if (header.from === this.#options.node) return;
      this.#receivePart(header, body);
    } catch (cause) {
      const error = cause instanceof UntrustedMessageError ? cause : this.#malformed(cause);
      if (this.#refusalReports.shouldReport(error, this.#options.clock.now())) this.#options.error(error);
    }
  }

  #malformed(cause: unknown): MalformedMessageError {
    const message =
      "A message about a client that polls could not be read, and was dropped. " +
      `Check that only endpoints publish to "${this.#topicOf()}" and the topics that begin with it, and that no proxy changes messages.`;
    return new MalformedMessageError(message, { cause });
  }

  #receivePart(header: PartHeader, body: Buffer): void {
    const { from, number, part, parts } = header;
    const key = `${from} ${number}`;
    if (this.#received.has(key)) return;
    if (parts === 1) {
      this.#complete(key, header, body);
      return;
    }
    const assembly = this.#assemblies.get(key) ?? this.#begin(key, parts);
    if (assembly === undefined || assembly.parts.length !== parts || assembly.parts[part] !== undefined)
      return;
    // A copy, as the view may keep a larger buffer of the driver in memory.
    assembly.parts[part] = Buffer.from(body);
    assembly.missing--;
    if (assembly.missing > 0) return;
    assembly.cancel();
    this.#assemblies.delete(key);
    this.#complete(key, header, Buffer.concat(assembly.parts as Buffer[]));
  }

  #begin(key: string, parts: number): Assembly | undefined {
    if (this.#assemblies.size >= MAX_ASSEMBLIES) return undefined;
    const cancel = this.#options.clock.setTimer(() => this.#assemblies.delete(key), ASSEMBLY_MS);
    const assembly = { parts: Array<undefined>(parts).fill(undefined), missing: parts, cancel };
    this.#assemblies.set(key, assembly);
    return assembly;
  }

  #complete(key: string, header: PartHeader, body: Buffer): void {
    this.#received.add(key);
    if (this.#received.size > MAX_REMEMBERED) {
      const [oldest] = this.#received;
      this.#received.delete(oldest!);
    }
    this.#options.receive(header.from, header, body);
  }
}

function assertHeader({ kind, from, number, part, parts }: PartHeader): void {
  const areTexts = typeof kind === "string" && typeof from === "string";
  const areNumbers = [number, part, parts].every(Number.isSafeInteger);
  if (!areTexts || !areNumbers || parts < 1 || parts > MAX_PARTS || part < 0 || part >= parts) {
    throw new TypeError("its header is malformed");
  }
}
