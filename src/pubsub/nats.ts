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
 * Options of `natsPubSub`.
 *
 * @example
 * const options: NatsPubSubOptions = { connection: await connect({ maxReconnectAttempts: -1 }) };
 */
export interface NatsPubSubOptions {
  /**
   * A connection to NATS. Your program may use it for other messages too. Connect with `maxReconnectAttempts: -1`: a
   * client that gives up reconnecting is closed for good.
   */
  readonly connection: NatsConnection;
  /**
   * How long `subscribe` waits for the server, in ms, before it rejects.
   * @defaultValue 10 000
   */
  readonly subscribeTimeoutMs?: number;
}

/**
 * The part of a NATS connection that the driver calls. `connect` of `@nats-io/transport-node` returns such a
 * connection; so do the other transports of NATS for JavaScript.
 *
 * @example
 * const connection: NatsConnection = await connect({ maxReconnectAttempts: -1 });
 */
export interface NatsConnection {
  /** What the server has announced about itself; `undefined` while disconnected. */
  readonly info?: { readonly max_payload: number };
  publish(subject: string, payload: Uint8Array): void;
  subscribe(subject: string, options: { callback: NatsListener }): { unsubscribe(): void };
  flush(): Promise<void>;
  status(): AsyncIterable<NatsStatus>;
  isClosed(): boolean;
}

/**
 * A status change or an error that a NATS connection reports.
 *
 * @example
 * for await (const status of connection.status()) console.log((status satisfies NatsStatus).type);
 */
export interface NatsStatus {
  readonly type: string;
  /** Present with type `"error"`. For a missing permission it names the operation and the subject. */
  readonly error?: Error & { readonly operation?: string; readonly subject?: string };
}

/**
 * The callback of a NATS subscription. NATS calls it for each message, and with an error when it ends the subscription.
 *
 * @example
 * const listener: NatsListener = (error, message) => console.log(error?.message ?? message.data.length);
 */
export type NatsListener = (error: Error | null, message: { readonly data: Uint8Array }) => void;

/** The errors of refused publishes, by subject. */
type Refusals = Map<string, Error>;

/** The `max_payload` of a NATS server that is not configured otherwise. */
const DEFAULT_MAX_PAYLOAD = 1_048_576;

/**
 * A pub/sub over core NATS; it does not need JetStream. The largest message is the server's `max_payload`.
 *
 * @throws {InvalidArgumentError} for a value that is not a NATS connection; it is a `TypeError`.
 * @example
 * const connection = await connect({ servers: "localhost", maxReconnectAttempts: -1 });
 * const tracker = await createTracker({ pubsub: natsPubSub({ connection }) });
 */
export function natsPubSub(options: NatsPubSubOptions): PubSub {
  const { connection, subscribeTimeoutMs } = checkOptions(options);
  const subscriptions = new Map<string, { unsubscribe(): void }>();
  let isLost = connection.info === undefined;
  let maxPayload = DEFAULT_MAX_PAYLOAD;
  let nextFlush: Promise<Refusals> | undefined;
  /** One entry for each flush that the server has not answered yet. */
  const openFlushes = new Set<Refusals>();

  const isReady = () => !isLost && !connection.isClosed();
  const session = new BrokerSession(
    {
      name: "The NATS server",
      canReceive: isReady,
      canPublish: isReady,
      async subscribe(topic) {
        const previous = subscriptions.get(topic);
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
          // Only after the new subscription is confirmed, so that no message is lost in between.
          previous?.unsubscribe();
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
        const refusal = (await flush()).get(subject);
        if (refusal !== undefined) throw refusal;
      },
      echo: {
        advice:
          "Connect without the option noEcho, which keeps the server from sending a client its own messages.",
        isRefusal: (error) => error instanceof Error && /\bpermissions violation\b/i.test(error.message),
      },
    },
    subscribeTimeoutMs,
  );
  const statuses = connection.status();
  void watchStatuses();

  const pubsub = session.pubSub(() => stop(statuses));
  return {
    ...pubsub,
    /** Read for each message, because the client may reconnect to a server of the cluster that allows less. */
    get maxMessageBytes() {
      maxPayload = connection.info?.max_payload ?? maxPayload;
      return maxPayload;
    },
  };

  async function watchStatuses(): Promise<void> {
    for await (const { type, error } of statuses) {
      if (type === "disconnect" || type === "close") isLost = true;
      else if (type === "reconnect") isLost = false;
      else if (error?.operation === "publish")
        for (const refusals of openFlushes) refusals.set(error.subject ?? "", error);
      session.connectionChanged();
    }
  }

  /**
   * Resolves with the refusals once the server has read everything published in this turn of the event loop. NATS
   * confirms no message, but it reports the ones that it refuses. All publishes of a turn share one flush.
   */
  function flush(): Promise<Refusals> {
    nextFlush ??= Promise.resolve().then(async () => {
      nextFlush = undefined;
      const refusals: Refusals = new Map();
      openFlushes.add(refusals);
      try {
        await connection.flush();
        // The client yields a refusal from `status()` some microtasks after the flush resolves.
        await new Promise(setImmediate);
      } finally {
        openFlushes.delete(refusals);
      }
      return refusals;
    });
    return nextFlush;
  }
}

/**
 * The topic as a single token of a subject, so that the permission `rollcall.*` covers all topics. Dots separate
 * tokens, so each dot becomes a slash, which topics do not contain.
 */
function subjectOf(topic: string): string {
  return `rollcall.${topic.replaceAll(".", "/")}`;
}

/** Ends the iteration. The iterator's `return` would wait for one more status. */
function stop(statuses: object & { stop?: () => void }): void {
  statuses.stop?.();
}

function checkOptions(options: NatsPubSubOptions): Required<NatsPubSubOptions> {
  assertOptionsObject(options, ADVICE);
  const { connection, subscribeTimeoutMs = 10_000, ...unknown } = options;
  const isConnection = hasMethods(connection, "publish", "subscribe", "flush", "status", "isClosed");
  checkArgument("connection", connection, isConnection, "a NATS connection", adviceFor(connection, ADVICE));
  assertNoUnknownOptions(unknown, { connection, subscribeTimeoutMs });
  assertSubscribeTimeout(subscribeTimeoutMs);
  return { connection, subscribeTimeoutMs };
}

const ADVICE = 'Pass { connection: await connect() }, with connect from "@nats-io/transport-node".';
