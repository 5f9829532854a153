import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  hasMethods,
} from "../checks/check-argument.ts";
import { BrokerSession } from "./internal/broker-session.ts";
import { adviceFor, assertSubscribeTimeout } from "./internal/check-driver-options.ts";
import type { PubSub } from "./pubsub.ts";

/**
 * The part of a NATS connection that is used: what `connect` of `@nats-io/transport-node` gives, or of another
 * transport of NATS for JavaScript.
 *
 * @example
 * const connection: NatsConnection = await connect({ maxReconnectAttempts: -1 });
 */
export interface NatsConnection {
  /** What the server has said of itself, while there is one. */
  readonly info?: { readonly max_payload: number };
  publish(subject: string, payload: Uint8Array): void;
  subscribe(subject: string, options: { callback: NatsListener }): { unsubscribe(): void };
  flush(): Promise<void>;
  status(): AsyncIterable<NatsStatus>;
  isClosed(): boolean;
}

/**
 * What a NATS connection tells of itself.
 *
 * @example
 * for await (const status of connection.status()) console.log((status satisfies NatsStatus).type);
 */
export interface NatsStatus {
  readonly type: string;
  /** With `"error"`; where a permission was missing, it says what for. */
  readonly error?: Error & { readonly operation?: string; readonly subject?: string };
}

/**
 * What NATS calls for each message, and when it ends a subscription.
 *
 * @example
 * const listener: NatsListener = (error, message) => console.log(error?.message ?? message.data.length);
 */
export type NatsListener = (error: Error | null, message: { readonly data: Uint8Array }) => void;

/**
 * What `natsPubSub` is made with.
 *
 * @example
 * const options: NatsPubSubOptions = { connection: await connect({ maxReconnectAttempts: -1 }) };
 */
export interface NatsPubSubOptions {
  /** It may serve others too. Let it reconnect for ever: once it gives up, it is closed for good. */
  readonly connection: NatsConnection;
  /**
   * How long `subscribe` waits for the server, in ms, before it rejects.
   * @defaultValue 10 000
   */
  readonly subscribeTimeoutMs?: number;
}

/** By subject, why the server did not take what was published. */
type Refusals = Map<string, Error>;

/** What a server allows unless it is told otherwise. */
const USUAL_MAX_PAYLOAD = 1_048_576;

/**
 * Over NATS (core NATS, no JetStream needed). A message may be as large as the server allows: its `max_payload`.
 *
 * @throws {InvalidArgumentError} for what is no connection of NATS; it is a `TypeError`.
 * @example
 * const connection = await connect({ servers: "localhost", maxReconnectAttempts: -1 });
 * const tracker = await createTracker({ pubsub: natsPubSub({ connection }) });
 */
export function natsPubSub(options: NatsPubSubOptions): PubSub {
  const { connection, subscribeTimeoutMs } = checked(options);
  const subscriptions = new Map<string, { unsubscribe(): void }>();
  let isLost = connection.info === undefined;
  let maxPayload = USUAL_MAX_PAYLOAD;
  let flushing: Promise<Refusals> | undefined;
  const waiting = new Set<Refusals>();

  const isReady = () => !isLost && !connection.isClosed();
  const session = new BrokerSession(
    {
      name: "The NATS server",
      canReceive: isReady,
      canPublish: isReady,
      async subscribe(topic) {
        const former = subscriptions.get(topic);
        let refusal: Error | null = null;
        const subscription = connection.subscribe(subjectOf(topic), {
          callback(error, message) {
            if (error === null) session.deliver(topic, message.data);
            else refusal = error;
          },
        });
        subscriptions.set(topic, subscription);
        try {
          await connection.flush();
        } finally {
          // Not before the new one holds, or what comes in between would be lost.
          former?.unsubscribe();
        }
        if (refusal !== null) throw refusal;
      },
      async unsubscribe(topic) {
        subscriptions.get(topic)?.unsubscribe();
        subscriptions.delete(topic);
      },
      async publish(topic, bytes) {
        const subject = subjectOf(topic);
        connection.publish(subject, bytes);
        const refusal = (await flushed()).get(subject);
        if (refusal !== undefined) throw refusal;
      },
    },
    subscribeTimeoutMs,
  );
  const statuses = connection.status();
  void watch();

  const pubsub = session.pubSub(() => stop(statuses));
  return {
    ...pubsub,
    /** Read anew for each message: another server of a cluster may allow less. */
    get maxMessageBytes() {
      maxPayload = connection.info?.max_payload ?? maxPayload;
      return maxPayload;
    },
  };

  async function watch(): Promise<void> {
    for await (const { type, error } of statuses) {
      if (type === "disconnect" || type === "close") isLost = true;
      else if (type === "reconnect") isLost = false;
      else if (error?.operation === "publish")
        for (const refusals of waiting) refusals.set(error.subject ?? "", error);
      session.connectionChanged();
    }
  }

  /** When the server has read what was published in this turn: NATS itself confirms nothing, but says what it refuses. */
  function flushed(): Promise<Refusals> {
    flushing ??= Promise.resolve().then(async () => {
      flushing = undefined;
      const refusals: Refusals = new Map();
      waiting.add(refusals);
      try {
        await connection.flush();
        // Said before the flush was answered, a refusal comes out of the statuses some microtasks later.
        await new Promise(setImmediate);
      } finally {
        waiting.delete(refusals);
      }
      return refusals;
    });
    return flushing;
  }
}

/**
 * One word of a subject: in a topic a dot may stand anywhere, in a subject it may not. All below `rollcall.`, so that
 * a user of the server can be allowed `rollcall.*`.
 */
function subjectOf(topic: string): string {
  return `rollcall.${topic.replaceAll(".", "/")}`;
}

/** The statuses of NATS can be ended; to break off would wait for one more. */
function stop(statuses: object & { stop?: () => void }): void {
  statuses.stop?.();
}

function checked(options: NatsPubSubOptions): Required<NatsPubSubOptions> {
  assertOptionsObject(options, ADVICE);
  const { connection, subscribeTimeoutMs = 10_000, ...unknown } = options;
  const isConnection = hasMethods(connection, "publish", "subscribe", "flush", "status", "isClosed");
  checkArgument(
    "connection",
    connection,
    isConnection,
    "a connection of NATS",
    adviceFor(connection, ADVICE),
  );
  assertNoUnknownOptions(unknown, { connection, subscribeTimeoutMs });
  assertSubscribeTimeout(subscribeTimeoutMs);
  return { connection, subscribeTimeoutMs };
}

const ADVICE = 'Pass { connection: await connect() }, connect being that of "@nats-io/transport-node".';
