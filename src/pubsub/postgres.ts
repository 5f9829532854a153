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
 * The part of a `pg` pool that is used.
 *
 * @example
 * const pool: PostgresPool = new Pool({ connectionTimeoutMillis: 5_000 });
 */
export interface PostgresPool {
  connect(callback: (error: Error | undefined, client: PostgresClient | undefined) => void): void;
  on(event: "error", listener: () => void): unknown;
  off(event: "error", listener: () => void): unknown;
}

/**
 * The part of a client of a `pg` pool that is used.
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
 * A message of PostgreSQL.
 *
 * @example
 * const notification: PostgresNotification = { channel: "rollcall:all", payload: "AQID" };
 */
export interface PostgresNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}

/**
 * What `postgresPubSub` is made with.
 *
 * @example
 * const options: PostgresPubSubOptions = { pool: new Pool({ connectionTimeoutMillis: 5_000 }) };
 */
export interface PostgresPubSubOptions {
  /** One connection is taken out of it, and kept until `close`. */
  readonly pool: PostgresPool;
  /**
   * How long the server may take for an answer, in ms. Then `subscribe` rejects, and the connection is given up for a
   * new one.
   * @defaultValue 10 000
   */
  readonly subscribeTimeoutMs?: number;
}

/** A payload has less than 8 000 bytes; in base64, four of them carry three of ours. */
const MAX_MESSAGE_BYTES = 5_997;

/** One transaction for many messages: each would cost a lock on all of the server's, and a write to its disk. */
const NOTIFY =
  "SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS message (channel, payload)";

/**
 * Over PostgreSQL, with `LISTEN` and `NOTIFY`, by a pool of `pg`. All goes over one connection of its own: it is
 * lost or back as a whole.
 *
 * @throws {InvalidArgumentError} for what is no pool, as a `Client`; it is a `TypeError`.
 * @example
 * const pool = new Pool({ connectionString: "postgres://localhost/app", connectionTimeoutMillis: 5_000 });
 * const tracker = await createTracker({ pubsub: postgresPubSub({ pool }) });
 */
export function postgresPubSub(options: PostgresPubSubOptions): PubSub {
  const { pool, subscribeTimeoutMs } = checked(options);
  let client: PostgresClient | undefined;
  let failure: unknown;
  let isClosed = false;
  let lastQuery = Promise.resolve();
  const retryTimer = new RetryTimer(() => {
    opening = open();
  });
  const batches = new Batches<readonly [topic: string, payload: string]>((messages) =>
    query(NOTIFY, [messages.map(([topic]) => topic), messages.map(([, payload]) => payload)]),
  );
  // Before the first connection there is none to be lost: what is asked for waits for it.
  const isReady = () => client !== undefined || failure === undefined;
  const session = new BrokerSession(
    {
      name: "The PostgreSQL server",
      canReceive: isReady,
      canPublish: isReady,
      subscribe: (topic) => query(`LISTEN ${quoted(topic)}`),
      unsubscribe: (topic) => query(`UNLISTEN ${quoted(topic)}`),
      publish: (topic, bytes) => batches.add([topic, bytes.toString("base64")]),
    },
    subscribeTimeoutMs,
  );
  // A pool that nobody listens to ends the process when it loses a connection that nobody uses.
  const onPoolError = () => {};
  pool.on("error", onPoolError);
  let opening = open();

  const pubsub = session.pubSub(async () => {
    isClosed = true;
    // The last words of a tracker may be on their way.
    await batches.settled();
    retryTimer.stop();
    if (client === undefined) void opening.then(detach);
    else dismiss(client);
  });
  return { maxMessageBytes: MAX_MESSAGE_BYTES, ...pubsub };

  /** One attempt; it never rejects. */
  function open(): Promise<void> {
    return new Promise((resolve) => {
      // By a callback, as a connection that ends at once does so before a promise can tell that it was there.
      pool.connect((error, opened) => {
        if (opened === undefined) retry(error);
        else if (isClosed) dismiss(opened);
        else use(opened);
        resolve();
      });
    });
  }

  function use(opened: PostgresClient): void {
    for (const event of ["error", "end"] as const) {
      opened.on(event, (error?: Error) => lose(opened, error ?? new Error("the connection was lost")));
    }
    opened.on("notification", ({ channel, payload = "" }) => {
      session.deliver(channel, Buffer.from(payload, "base64"));
    });
    client = opened;
    retryTimer.stop();
    session.connectionChanged();
  }

  function lose(lost: PostgresClient, reason: unknown): void {
    if (client !== lost) return;
    client = undefined;
    lost.release(true);
    retry(reason);
  }

  function dismiss(last: PostgresClient): void {
    client = undefined;
    // Until it has ended it may have an error, and the pool tell it.
    last.on("end", detach);
    last.release(true);
  }

  function detach(): void {
    pool.off("error", onPoolError);
  }

  function retry(reason: unknown = new Error("there is no connection")): void {
    failure = reason;
    if (isClosed) return;
    session.connectionChanged();
    retryTimer.start();
  }

  /** One after the other, as a client of pg wants it. */
  function query(text: string, values: string[][] = []): Promise<void> {
    const done = lastQuery.then(() => ask(text, values));
    lastQuery = done.catch(() => {});
    return done;
  }

  async function ask(text: string, values: string[][]): Promise<void> {
    await opening;
    const present = client;
    if (present === undefined) throw failure;
    // A connection that does not answer is as good as lost.
    await withTimeout(present.query({ text, values }), subscribeTimeoutMs, (late) => lose(present, late));
  }
}

/** A topic has 63 bytes at most, as a name of PostgreSQL has. */
function quoted(topic: string): string {
  return `"${topic.replaceAll('"', '""')}"`;
}

function checked(options: PostgresPubSubOptions): Required<PostgresPubSubOptions> {
  assertOptionsObject(options, ADVICE);
  const { pool, subscribeTimeoutMs = 10_000, ...unknown } = options;
  // A Client has all that is used of a Pool, but hands out no others; it is told by what only a Client has.
  const isPool = hasMethods(pool, "connect", "on", "off") && !hasMethods(pool, "escapeIdentifier");
  checkArgument("pool", pool, isPool, "a Pool of pg", adviceFor(pool, ADVICE));
  assertNoUnknownOptions(unknown, { pool, subscribeTimeoutMs });
  assertSubscribeTimeout(subscribeTimeoutMs);
  return { pool, subscribeTimeoutMs };
}

const ADVICE =
  'Pass { pool: new Pool() }, Pool being that of "pg": a connection that is lost is replaced out of it.';
