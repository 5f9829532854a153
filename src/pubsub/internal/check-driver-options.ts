import { assertNoneUnknown, assertObject, check, has, isUpTo, MOST_MS } from "../../checks/check-argument.ts";

/** @throws {InvalidArgumentError} for a time that no timer can wait. */
export function assertTimeout(subscribeTimeoutMs: number): void {
  const isTime = isUpTo(MOST_MS, subscribeTimeoutMs) && subscribeTimeoutMs > 0;
  check("subscribeTimeoutMs", subscribeTimeoutMs, isTime, `a number of ms above 0, at most ${MOST_MS}`);
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
export function checkedClients<Publisher extends object, Subscriber extends object>(
  options: RedisClients<Publisher, Subscriber>,
  { what, isOne, advice }: RedisLibrary<Publisher | Subscriber>,
): Required<RedisClients<Publisher, Subscriber>> {
  assertObject(options, advice);
  const { publisher, subscriber, subscribeTimeoutMs = 10_000, ...unknown } = options;
  const assertClient = (name: string, client: Publisher | Subscriber, ...calls: string[]) =>
    check(name, client, has(client, "on", "off", ...calls) && isOne(client), what, adviceOn(client, advice));
  assertClient("publisher", publisher, "publish");
  assertClient("subscriber", subscriber, "subscribe", "unsubscribe");
  const isAnother = (subscriber as unknown) !== publisher;
  check("subscriber", subscriber, isAnother, "another client than publisher", "Pass publisher.duplicate().");
  assertNoneUnknown(unknown, { publisher, subscriber, subscribeTimeoutMs });
  assertTimeout(subscribeTimeoutMs);
  return { publisher, subscriber, subscribeTimeoutMs };
}

/** What to do where a client is none. */
export function adviceOn(client: unknown, advice: string): string {
  return client instanceof Promise ? "Await it first." : advice;
}
