import type { IncomingMessage } from "node:http";
import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  hasMethods,
  isFromZeroTo,
  isIntegerFrom,
  MAX_TIMER_MS,
} from "../checks/check-argument.ts";
import type { PubSub } from "../pubsub/pubsub.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { assertPubSub, isClusterName } from "../tracker/options/check-tracker-options.ts";
import type { Promised } from "./channel/channel-handlers.ts";
import { type CheckOrigin, isOriginPattern } from "./connect/check-origin.ts";
import type { Connected, EndpointOptions, ErrorOrigin, Refused } from "./endpoint-options.ts";

/** Options with every default in place. */
export interface ResolvedEndpointOptions {
  readonly connect: (
    params: URLSearchParams,
    request: IncomingMessage,
  ) => Promised<Connected<object> | Refused>;
  readonly checkOrigin: CheckOrigin;
  readonly pubsub: PubSub | undefined;
  readonly clusterName: string;
  readonly onError: (error: Error, where: ErrorOrigin) => void;
  readonly idleTimeoutMs: number;
  readonly maxFrameBytes: number;
  readonly maxBufferedBytes: number;
  readonly maxChannels: number;
  readonly maxMessagesPerSecond: number;
  readonly maxPendingMessages: number;
  readonly clock: Clock;
}

/**
 * Checks the options and puts the defaults in.
 *
 * @throws {InvalidArgumentError} naming the option that is wrong or unknown.
 */
export function resolveEndpointOptions<Assigns extends object>(
  options: EndpointOptions<Assigns>,
): ResolvedEndpointOptions {
  assertOptionsObject(options, "Or leave them out.");
  const {
    connect = () => ({ assigns: {} }),
    checkOrigin = true,
    pubsub,
    clusterName = "rollcall",
    onError = (error: Error) => process.emitWarning(error),
    idleTimeoutMs = 60_000,
    maxFrameBytes = 65_536,
    maxBufferedBytes = 1_048_576,
    maxChannels = 100,
    maxMessagesPerSecond = 300,
    maxPendingMessages = 300,
    clock = systemClock,
    ...unknown
  } = options;
  const resolved = {
    ...{ connect, checkOrigin, pubsub, clusterName, onError, clock, idleTimeoutMs },
    ...{ maxFrameBytes, maxBufferedBytes, maxChannels, maxMessagesPerSecond, maxPendingMessages },
  };
  assertNoUnknownOptions(unknown, resolved);
  assertOptions(resolved);
  return resolved;
}

function assertOptions(options: ResolvedEndpointOptions): void {
  const { pubsub, clusterName, checkOrigin, idleTimeoutMs, clock } = options;
  for (const name of ["connect", "onError"] as const) {
    checkArgument(name, options[name], typeof options[name] === "function", "a function");
  }
  const isCheck =
    typeof checkOrigin === "boolean" ||
    typeof checkOrigin === "function" ||
    (Array.isArray(checkOrigin) && checkOrigin.every(isOriginPattern));
  const origins = 'true, false, a list as ["https://example.com", "//*.example.org"], or a function';
  checkArgument("checkOrigin", checkOrigin, isCheck, origins);
  if (pubsub !== undefined) assertPubSub(pubsub);
  checkArgument(
    "clusterName",
    clusterName,
    isClusterName(clusterName),
    '1 to 40 letters, digits, "_", "." and "-"',
  );
  const isTime = isFromZeroTo(MAX_TIMER_MS, idleTimeoutMs) && idleTimeoutMs > 0;
  checkArgument("idleTimeoutMs", idleTimeoutMs, isTime, `a number of ms above 0, at most ${MAX_TIMER_MS}`);
  for (const name of NUMBERS) {
    checkArgument(name, options[name], isIntegerFrom(1, options[name]), "a whole number of at least 1");
  }
  checkArgument("clock", clock, hasMethods(clock, "now", "setTimer"), "a Clock");
}

const NUMBERS = [
  "maxFrameBytes",
  "maxBufferedBytes",
  "maxChannels",
  "maxMessagesPerSecond",
  "maxPendingMessages",
] as const;
