import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  hasMethods,
  isFromZeroTo,
  MAX_TIMER_MS,
} from "../../checks/check-argument.ts";

/** @throws {InvalidArgumentError} for a timeout that is not above 0, or too long for a timer. */
export function assertSubscribeTimeout(subscribeTimeoutMs: number): void {
  const isTime = isFromZeroTo(MAX_TIMER_MS, subscribeTimeoutMs) && subscribeTimeoutMs > 0;
  checkArgument(
    "subscribeTimeoutMs",
    subscribeTimeoutMs,
    isTime,
    `a number of ms above 0, at most ${MAX_TIMER_MS}`,
  );
}

interface RedisClients<Publisher, Subscriber> {
  readonly publisher: Publisher;
  readonly subscriber: Subscriber;
  readonly subscribeTimeoutMs?: number;
}

/** Describes a client library for Redis, so that clients of another library are refused. */
interface RedisLibrary<Client> {
  /** Such as `a client of ioredis`. */
  readonly what: string;
  readonly isClient: (client: Client) => boolean;
  readonly advice: (client: unknown) => string;
}

/**
 * Checks the two clients of a Redis driver. They must differ, because a Redis connection that subscribes refuses to
 * publish.
 *
 * @throws {InvalidArgumentError} for a value that is not a client of the library, or for the same client twice.
 */
export function checkRedisClients<Publisher extends object, Subscriber extends object>(
  options: RedisClients<Publisher, Subscriber>,
  { what, isClient, advice }: RedisLibrary<Publisher | Subscriber>,
): Required<RedisClients<Publisher, Subscriber>> {
  assertOptionsObject(options, advice(undefined));
  const { publisher, subscriber, subscribeTimeoutMs = 10_000, ...unknown } = options;
  const assertClient = (name: string, client: Publisher | Subscriber, ...calls: string[]) =>
    checkArgument(
      name,
      client,
      hasMethods(client, "on", "off", ...calls) && isClient(client),
      what,
      adviceFor(client, advice(client)),
    );
  assertClient("publisher", publisher, "publish");
  assertClient("subscriber", subscriber, "subscribe", "unsubscribe");
  const isSecondClient = (subscriber as unknown) !== publisher;
  checkArgument(
    "subscriber",
    subscriber,
    isSecondClient,
    "another client than publisher",
    "Pass publisher.duplicate().",
  );
  assertNoUnknownOptions(unknown, { publisher, subscriber, subscribeTimeoutMs });
  assertSubscribeTimeout(subscribeTimeoutMs);
  return { publisher, subscriber, subscribeTimeoutMs };
}

/** The advice of an error about an invalid client. */
export function adviceFor(client: unknown, advice: string): string {
  return client instanceof Promise ? "Await it first." : advice;
}
