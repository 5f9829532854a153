import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  hasMethods,
  isFromZeroTo,
  MAX_TIMER_MS,
} from "../../checks/check-argument.ts";

/** @throws {InvalidArgumentError} for a time that no timer can wait. */
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

/** How clients of one library for Redis are told from those of another. */
interface RedisLibrary<Client> {
  /** As in `a client of ioredis`. */
  readonly what: string;
  readonly isOne: (client: Client) => boolean;
  readonly advice: string;
}

/**
 * A connection of Redis that subscribes takes little else: what is published on it would be refused, one by one. So there are two.
 *
 * @throws {InvalidArgumentError} for what is no client of the library, or one client in place of two.
 */
export function checkRedisClients<Publisher extends object, Subscriber extends object>(
  options: RedisClients<Publisher, Subscriber>,
  { what, isOne, advice }: RedisLibrary<Publisher | Subscriber>,
): Required<RedisClients<Publisher, Subscriber>> {
  assertOptionsObject(options, advice);
  const { publisher, subscriber, subscribeTimeoutMs = 10_000, ...unknown } = options;
  const assertClient = (name: string, client: Publisher | Subscriber, ...calls: string[]) =>
    checkArgument(
      name,
      client,
      hasMethods(client, "on", "off", ...calls) && isOne(client),
      what,
      adviceFor(client, advice),
    );
  assertClient("publisher", publisher, "publish");
  assertClient("subscriber", subscriber, "subscribe", "unsubscribe");
  const isAnother = (subscriber as unknown) !== publisher;
  checkArgument(
    "subscriber",
    subscriber,
    isAnother,
    "another client than publisher",
    "Pass publisher.duplicate().",
  );
  assertNoUnknownOptions(unknown, { publisher, subscriber, subscribeTimeoutMs });
  assertSubscribeTimeout(subscribeTimeoutMs);
  return { publisher, subscriber, subscribeTimeoutMs };
}

/** What to do where a client is none. */
export function adviceFor(client: unknown, advice: string): string {
  return client instanceof Promise ? "Await it first." : advice;
}
