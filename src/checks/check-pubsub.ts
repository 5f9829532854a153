import type { PubSub } from "../pubsub/pubsub.ts";
import { assertMessageBytes } from "../wire/limits.ts";
import { checkArgument, hasMethods } from "./check-argument.ts";

/**
 * @throws {InvalidArgumentError} for anything but a pub/sub.
 * @throws {LimitError} when its `maxMessageBytes` is too small.
 */
export function assertPubSub(pubsub: PubSub): void {
  const isPubSub = hasMethods(pubsub, "subscribe", "unsubscribe", "publish", "close");
  const advice =
    (pubsub as unknown) instanceof Promise
      ? "Await it first."
      : "Pass memoryPubSub() for a single process, or the driver of your broker for several processes.";
  checkArgument("pubsub", pubsub, isPubSub, "a PubSub", advice);
  const { maxMessageBytes } = pubsub;
  if (maxMessageBytes === undefined) return;
  checkArgument(
    "pubsub.maxMessageBytes",
    maxMessageBytes,
    typeof maxMessageBytes === "number",
    "a number of bytes",
  );
  assertMessageBytes(maxMessageBytes);
}

/** A cluster name is a part of the topics on the transport, so only characters that every broker allows. */
export function isClusterName(name: unknown): boolean {
  return typeof name === "string" && /^[A-Za-z0-9_.-]{1,40}$/.test(name);
}
