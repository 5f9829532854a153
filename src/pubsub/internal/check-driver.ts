import { check, isUpTo, MOST_MS } from "../../checks/check.ts";

/** @throws {InvalidArgumentError} for a time that no timer can wait. */
export function assertTimeout(subscribeTimeoutMs: number): void {
  const isTime = isUpTo(MOST_MS, subscribeTimeoutMs) && subscribeTimeoutMs > 0;
  check("subscribeTimeoutMs", subscribeTimeoutMs, isTime, `a number of ms above 0, at most ${MOST_MS}`);
}

/**
 * A connection of Redis that subscribes takes little else: what is published on it would be refused, one by one.
 *
 * @throws {InvalidArgumentError} for one client in place of two.
 */
export function assertTwo(publisher: object, subscriber: object): void {
  const isAnother = (subscriber as unknown) !== publisher;
  check("subscriber", subscriber, isAnother, "another client than publisher", "Pass publisher.duplicate().");
}

/** What to do where a client is none. */
export function adviceOn(client: unknown, advice: string): string {
  return client instanceof Promise ? "Await it first." : advice;
}
