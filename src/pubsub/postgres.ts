import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  hasMethods,
} from "../checks/check-argument.ts";
import { Batches } from "./internal/batches.ts";
import { BrokerSession } from "./internal/broker-session.ts";
import { adviceFor, assertSubscribeTimeout } from "./internal/check-driver-options.ts";
import { RetryTimer } from "./internal/retry-timer.ts";
import { withTimeout } from "./internal/with-timeout.ts";
import type { PubSub } from "./pubsub.ts";

/**
 * Options of `postgresPubSub`.
 *
 * @example
 * const options: PostgresPubSubOptions = { pool: new Pool({ connectionTimeoutMillis: 5_000 }) };
 */
export interface PostgresPubSubOptions {
  /** A pool of `pg`. The driver takes one connection from it and keeps it until `close`. */
  readonly pool: PostgresPool;
  /**
   * How long the driver waits for an answer of the server, in ms. After that `subscribe` rejects, and the driver
   * replaces the connection.
   * @defaultValue 10 000
   */
  readonly subscribeTimeoutMs?: number;
}

/**
 * The part of a `pg` pool that the driver calls.
 *
 * @example
 * const pool: PostgresPool = new Pool({ connectionTimeoutMillis: 5_000 });
 */
export interface PostgresPool {
  readonly options?: { readonly max?: number };
  /** The class of the pool's clients. */
  readonly Client?: new (
    options: object,
  ) => PostgresSession;
  connect(callback: (error: Error | undefined, client: PostgresClient | undefined) => void): void;
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
}

/**
 * The part of a client of `pg` that the driver calls if the pool has a single connection.
 *
 * @example
 * const session: PostgresSession = new Client();
 */
export interface PostgresSession {
  connect(): Promise<unknown>;
  query(query: { text: string; values: string[][] }): Promise<unknown>;
  on(event: "error", listener: (error?: Error) => void): unknown;
  end(): Promise<unknown>;
}

/**
 * The part of a client of a `pg` pool that the driver calls.
 *
 * @example
 * const client: PostgresClient = await pool.connect();
 */
export interface PostgresClient {
  query(query: { text: string; values: string[][] }): Promise<unknown>;
  on(event: "notification", listener: (notification: PostgresNotification) => void): unknown;
  on(event: "error" | "end", listener: (error?: Error) => void): unknown;
  release(destroy: boolean): void;
}

/**
 * A notification of PostgreSQL.
 *
 * @example
 * const notification: PostgresNotification = { channel: "rollcall:all", payload: "AQID" };
 */
export interface PostgresNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}

/** A payload has less than 8 000 bytes, and base64 needs four of them for three bytes of a message. */
const MAX_MESSAGE_BYTES = 5_997;

/** Sends many messages in one transaction, because each transaction takes a server-wide lock and a write to disk. */
const NOTIFY =
  "SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS message (channel, payload)";

/**
 * A pub/sub over `LISTEN` and `NOTIFY` of PostgreSQL, with a pool of `pg`. One connection both sends and receives,
 * so the driver loses and restores both together.
 *
 * @throws {InvalidArgumentError} for a value that is not a pool, such as a `Client`; it is a `TypeError`.
 * @example
 * const pool = new Pool({ connectionString: "postgres://localhost/app", connectionTimeoutMillis: 5_000 });
 * const tracker = await createTracker({ pubsub: postgresPubSub({ pool }) });
 */
export function postgresPubSub(options: PostgresPubSubOptions): PubSub {
  const { pool, subscribeTimeoutMs } = checkOptions(options);
  let client: PostgresClient | undefined;
  let failure: unknown;
  let isClosed = false;
  let lastQuery = Promise.resolve();
  let isQuerying = false;
  let secondFailure: Error | undefined;
  const retryTimer = new RetryTimer(() => {
    opening = open();
  });
  const batches = new Batches<readonly [topic: string, payload: string]>((messages) =>
    query(NOTIFY, [messages.map(([topic]) => topic), messages.map(([, payload]) => payload)]),
  );
  // Until the first attempt to connect ends, the driver counts as ready: calls wait for that attempt.
  const isReady = () => client !== undefined || failure === undefined;
  const session = new BrokerSession(
    {
      name: "The PostgreSQL server",
      canReceive: isReady,
      canPublish: isReady,
      subscribe: (topic) => query(`LISTEN ${quoted(topic)}`),
      unsubscribe: (topic) => query(`UNLISTEN ${quoted(topic)}`),
      publish: (topic, bytes) => batches.add([topic, bytes.toString("base64")]),
      lastFailure: () => secondFailure ?? failure,
      echo: {
        advice:
          "LISTEN needs a session of its own: connect to PostgreSQL directly, or through a pooler in session mode. " +
          "PgBouncer in transaction or statement mode, and poolers like it, lose what was subscribed.",
        isRefusal: () => false,
        publish: (topic, bytes, attempt) => notifyFromSecondSession(topic, bytes, attempt),
      },
    },
    subscribeTimeoutMs,
  );
  // Without an `error` listener, a pool ends the process when it loses an idle connection.
  const onPoolError = () => {};
  pool.on("error", onPoolError);
  let opening = open();

  const pubsub = session.pubSub(async () => {
    isClosed = true;
    // The last messages of a tracker may still be in a batch.
    await batches.settled();
    retryTimer.stop();
    if (client === undefined) void opening.then(detach);
    else release(client);
  });
  return { maxMessageBytes: MAX_MESSAGE_BYTES, ...pubsub };

  /** Tries once to connect. It never rejects. */
  function open(): Promise<void> {
    return new Promise((resolve) => {
      // With a callback: a connection that ends at once would emit `end` before a promise could hand it over.
      pool.connect((error, opened) => {
        if (opened === undefined) retry(error);
        else if (isClosed) release(opened);
        else attach(opened);
        resolve();
      });
    });
  }

  function attach(opened: PostgresClient): void {
    for (const event of ["error", "end"] as const) {
      opened.on(event, (error?: Error) =>
        onConnectionLost(opened, error ?? new Error("the connection was lost")),
      );
    }
    opened.on("notification", ({ channel, payload = "" }) => {
      // A pooler in transaction mode lends us a session for each query, and that one may be subscribed by chance.
      if (isQuerying && session.isProof(channel)) return;
      session.deliver(channel, Buffer.from(payload, "base64"));
    });
    client = opened;
    retryTimer.stop();
    session.connectionChanged();
  }

  function onConnectionLost(lost: PostgresClient, reason: unknown): void {
    if (client !== lost) return;
    client = undefined;
    lost.release(true);
    retry(reason);
  }

  function release(last: PostgresClient): void {
    client = undefined;
    // Until the connection has ended, it may still cause an `error` of the pool.
    last.on("end", detach);
    last.release(true);
  }

  function detach(): void {
    pool.off("error", onPoolError);
  }

  function retry(reason: unknown = new Error("the pool gave no connection")): void {
    failure = reason;
    if (isClosed) return;
    session.connectionChanged();
    retryTimer.start();
  }

  /**
   * Sends a message as another process would. From our own session it could come back without a subscription that lasts.
   * No query of ours runs until the attempt has ended.
   */
  async function notifyFromSecondSession(
    topic: string,
    bytes: Buffer,
    attempt: Promise<void>,
  ): Promise<void> {
    secondFailure = new Error(
      "the pool gave no second connection, which shows that LISTEN works: raise its max",
    );
    const second = await secondSession(pool);
    secondFailure = undefined;
    try {
      const notified = lastQuery.then(() =>
        second.query({ text: NOTIFY, values: [[topic], [bytes.toString("base64")]] }),
      );
      lastQuery = notified.then(() => attempt).catch(() => {});
      await notified;
    } finally {
      second.end();
    }
  }

  /** Runs one query at a time: pg deprecates calls of `query` while another query runs. */
  function query(text: string, values: string[][] = []): Promise<void> {
    const done = lastQuery.then(() => runQuery(text, values));
    lastQuery = done.catch(() => {});
    return done;
  }

  async function runQuery(text: string, values: string[][]): Promise<void> {
    await opening;
    const current = client;
    if (current === undefined) throw failure;
    // A connection that does not answer in time counts as lost.
    isQuerying = true;
    try {
      await withTimeout(current.query({ text, values }), subscribeTimeoutMs, {
        onTimeout: (timeout) => onConnectionLost(current, timeout),
      });
    } finally {
      isQuerying = false;
    }
  }
}

interface SecondSession {
  query(query: { text: string; values: string[][] }): Promise<unknown>;
  end(): void;
}

/** Connects a second time: through the pool, or beside it if the pool has only the connection of this driver. */
async function secondSession(pool: PostgresPool): Promise<SecondSession> {
  const { Client, options } = pool;
  if (options?.max === 1 && Client !== undefined) {
    const client = new Client(options);
    client.on("error", () => {});
    await client.connect();
    return { query: (query) => client.query(query), end: () => void client.end().catch(() => {}) };
  }
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (client === undefined) {
        reject(error ?? new Error("the pool gave no second connection"));
        return;
      }
      client.on("error", () => {});
      resolve({ query: (query) => client.query(query), end: () => client.release(true) });
    });
  });
}

/** Topics have at most 63 bytes, which is also the limit of identifiers in PostgreSQL. */
function quoted(topic: string): string {
  return `"${topic.replaceAll('"', '""')}"`;
}

function checkOptions(options: PostgresPubSubOptions): Required<PostgresPubSubOptions> {
  assertOptionsObject(options, ADVICE);
  const { pool, subscribeTimeoutMs = 10_000, ...unknown } = options;
  // A Client has the same methods but is only one connection. A method that only a Client has tells them apart.
  const isPool = hasMethods(pool, "connect", "on", "off") && !hasMethods(pool, "escapeIdentifier");
  checkArgument("pool", pool, isPool, "a Pool of pg", adviceFor(pool, ADVICE));
  assertNoUnknownOptions(unknown, { pool, subscribeTimeoutMs });
  assertSubscribeTimeout(subscribeTimeoutMs);
  return { pool, subscribeTimeoutMs };
}

const ADVICE =
  'Pass { pool: new Pool() }, with Pool from "pg": the driver takes new connections from it after a loss.';
