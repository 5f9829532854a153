import { reasonOf } from "../../checks/reason-of.ts";
import { TransportError } from "../../errors.ts";
import type { PubSub } from "../../pubsub/pubsub.ts";
import { ReplicateModeError } from "../../replication/replication-errors.ts";
import type { Clock } from "../../time/clock.ts";
import { type RefusalError, RefusalReports } from "../../wire/refusal-reports.ts";
import type {
  OutgoingMessage,
  ReplicaIncarnation,
  ReplicaMessage,
  ReplicateMode,
} from "../../wire/replica-message.ts";
import type { MessageSigning } from "../../wire/seal.ts";
import { type Diagnostics, type DiagnosticsPayload, hasSubscribers } from "../events/diagnostics.ts";
import type { ReplicaIdentity } from "../events/tracker-events.ts";
import { identityOf } from "../replicas/replica-info.ts";
import type { VersionNegotiation } from "./version-negotiation.ts";

/**
 * The traffic of a node since its tracker was created.
 *
 * @example
 * const { sentMessages, sentBytes } = tracker.traffic();
 */
export interface Traffic {
  /** Messages that this node published. */
  readonly sentMessages: number;
  /** Their size in bytes. */
  readonly sentBytes: number;
  /** Messages that arrived here, including its own. */
  readonly receivedMessages: number;
  /** Their size in bytes. */
  readonly receivedBytes: number;
  /** Arrived messages that were dropped: damaged, malformed, not signed with our secret, of an unknown protocol version, or of another mode. */
  readonly refusedMessages: number;
}

interface TransportOptions {
  readonly pubsub: PubSub;
  readonly clusterName: string;
  readonly version: VersionNegotiation;
  /** What this node replicates. Messages of nodes of another mode are refused. */
  readonly mode: ReplicateMode;
  readonly clock: Clock;
  /** Signs messages and checks those of others, if there is a secret. */
  readonly signing: MessageSigning | undefined;
  /** Whether messages are handled yet. */
  readonly isListening: () => boolean;
  readonly onMessage: (message: ReplicaMessage) => void;
  readonly onWarning: (warning: RefusalError | ReplicateModeError) => void;
  readonly onError: (error: TransportError) => void;
  readonly observe: <Name extends keyof Diagnostics>(name: Name, payload: DiagnosticsPayload<Name>) => void;
}

/** Sends and receives messages: on one topic for the whole cluster and one topic per replica. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #clusterTopic: string;
  #replicaTopic: string;
  #counter = 0;
  readonly #refusalReports = new RefusalReports();
  /** How many published messages the transport has not confirmed yet. */
  #unsentCount = 0;
  /** Called when all of them are confirmed. */
  #onAllSent: () => void = () => {};
  readonly #traffic = {
    sentMessages: 0,
    sentBytes: 0,
    receivedMessages: 0,
    receivedBytes: 0,
    refusedMessages: 0,
  };
  readonly #listen = (bytes: Uint8Array) => this.#receive(bytes);

  constructor(options: TransportOptions, id: string) {
    this.#options = options;
    this.#clusterTopic = `${options.clusterName}:all`;
    this.#replicaTopic = this.#topicOf(id);
  }

  get traffic(): Traffic {
    return { ...this.#traffic };
  }

  /** The highest counter of the messages that this node has sent. */
  get sentCounter(): number {
    return this.#counter;
  }

  /** Subscribes both topics. Rejects with the transport's own error. */
  async subscribe(): Promise<void> {
    const { pubsub } = this.#options;
    await Promise.all(
      [this.#clusterTopic, this.#replicaTopic].map(async (topic) => pubsub.subscribe(topic, this.#listen)),
    );
  }

  /** Repairs subscriptions that the transport has lost silently. */
  resubscribe(): void {
    for (const topic of [this.#clusterTopic, this.#replicaTopic]) {
      this.#attempt("subscribe again", () => this.#options.pubsub.unsubscribe(topic, this.#listen));
      this.#attempt("subscribe again", () => this.#options.pubsub.subscribe(topic, this.#listen));
    }
  }

  changeId(id: string): void {
    const former = this.#replicaTopic;
    this.#replicaTopic = this.#topicOf(id);
    this.#attempt("subscribe", () => this.#options.pubsub.subscribe(this.#replicaTopic, this.#listen));
    this.#attempt("unsubscribe", () => this.#options.pubsub.unsubscribe(former, this.#listen));
  }

  unsubscribe(): void {
    for (const topic of [this.#clusterTopic, this.#replicaTopic]) {
      this.#attempt("unsubscribe", () => this.#options.pubsub.unsubscribe(topic, this.#listen));
    }
  }

  publish(sender: ReplicaIncarnation, outgoing: OutgoingMessage): void {
    const { pubsub, version, mode, signing, observe } = this.#options;
    const to = "to" in outgoing ? outgoing.to : undefined;
    const topic = to === undefined ? this.#clusterTopic : this.#topicOf(to);
    const envelope = { sender, counter: this.#counter + 1 };
    const { codecToWrite, newest } = version;
    const messages = codecToWrite.encode(outgoing, envelope, pubsub.maxMessageBytes, newest, signing, mode);
    this.#counter += messages.length;
    for (const bytes of messages) {
      this.#traffic.sentMessages++;
      this.#traffic.sentBytes += bytes.length;
      if (hasSubscribers("rollcall:message:sent"))
        observe("rollcall:message:sent", { bytes: bytes.length, to });
      this.#attempt("publish", () => this.#trackPublish(pubsub.publish(topic, bytes)));
    }
  }

  /** Resolves when the transport has sent all messages, or after `timeoutMs`, as a broker that hangs never confirms. */
  async whenSent(timeoutMs: number): Promise<void> {
    if (this.#unsentCount === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.setTimer(resolve, timeoutMs, { keepsAlive: true });
      this.#onAllSent = () => {
        cancel();
        resolve();
      };
    });
  }

  #trackPublish(publishing: Promise<void> | void): Promise<void> | void {
    if (publishing === undefined) return undefined;
    this.#unsentCount++;
    const onSent = () => {
      this.#unsentCount--;
      if (this.#unsentCount === 0) this.#onAllSent();
    };
    publishing.then(onSent, onSent);
    return publishing;
  }

  #receive(bytes: Uint8Array): void {
    this.#traffic.receivedMessages++;
    this.#traffic.receivedBytes += bytes.length;
    const { version, mode, clock, signing, observe, isListening } = this.#options;
    if (!isListening()) return;
    const decoded = version.decode(bytes, clock.now(), signing);
    const isAccepted = decoded.ok && decoded.mode === mode;
    if (hasSubscribers("rollcall:message:received")) {
      const from = isAccepted ? identityOf(decoded.message.sender) : undefined;
      observe("rollcall:message:received", { bytes: bytes.length, from });
    }
    if (isAccepted) this.#options.onMessage(decoded.message);
    else if (decoded.ok) this.#refuseMode(identityOf(decoded.message.sender), decoded.mode);
    else this.#refuse(decoded.error);
  }

  #refuseMode(sender: ReplicaIdentity, mode: ReplicateMode): void {
    this.#traffic.refusedMessages++;
    if (this.#refusalReports.shouldReportSender(sender.id, this.#options.clock.now()))
      this.#options.onWarning(new ReplicateModeError(sender, mode, this.#options.mode));
  }

  #refuse(error: RefusalError): void {
    this.#traffic.refusedMessages++;
    if (this.#refusalReports.shouldReport(error, this.#options.clock.now())) this.#options.onWarning(error);
  }

  /** Reports a failure, thrown or rejected, and goes on: the protocol repairs lost messages. */
  #attempt(action: string, call: () => Promise<void> | void): void {
    const fail = (cause: unknown) => {
      const message = `The transport could not ${action}: ${reasonOf(cause)}. Nothing is lost: other nodes see the changes when the transport works again.`;
      this.#options.onError(new TransportError(message, { cause }));
    };
    try {
      call()?.catch(fail);
    } catch (cause) {
      fail(cause);
    }
  }

  #topicOf(id: string): string {
    return `${this.#options.clusterName}:${id}`;
  }
}
