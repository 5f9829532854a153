import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  hasMethods,
  isFromZeroTo,
  isIntegerFrom,
  MAX_TIMER_MS,
} from "../checks/check-argument.ts";
import { assertPubSub, isClusterName } from "../checks/check-pubsub.ts";
import type { PubSub } from "../pubsub/pubsub.ts";
import { assertSecretOptions } from "../signing/check-secret.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { isOriginPattern } from "./connect/check-origin.ts";
import { clientAddress } from "./connect/client-address.ts";
import type { HandshakeOptions } from "./connect/handshake.ts";
import type { EndpointOptions } from "./endpoint-options.ts";
import type { ErrorOrigin } from "./error-origin.ts";

/** The options of an endpoint, with a value for each. */
export interface ResolvedEndpointOptions extends HandshakeOptions {
  readonly pubsub: PubSub | undefined;
  readonly clusterName: string;
  readonly secret: string | readonly string[] | undefined;
  readonly acceptUnsigned: boolean;
  readonly longPoll: boolean;
  readonly onError: (error: Error, where: ErrorOrigin) => void;
  readonly idleTimeoutMs: number;
  readonly maxBufferedBytes: number;
  readonly maxChannels: number;
  readonly maxMessagesPerSecond: number;
  readonly maxJoinsPerSecond: number;
  readonly maxBytesPerSecond: number;
  readonly maxPendingMessages: number;
  readonly clock: Clock;
}

/**
 * Checks the options, and fills in the defaults.
 *
 * @throws {InvalidArgumentError} that names the invalid or unknown option.
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
    secret,
    acceptUnsigned = false,
    longPoll = true,
    onError = (error: Error) => process.emitWarning(error),
    connectTimeoutMs = 10_000,
    idleTimeoutMs = 60_000,
    maxConnections = Number.POSITIVE_INFINITY,
    maxConnectionsPerAddress = Number.POSITIVE_INFINITY,
    addressOf = clientAddress,
    maxFrameBytes = 65_536,
    maxBufferedBytes = 1_048_576,
    maxChannels = 100,
    maxMessagesPerSecond = 300,
    maxJoinsPerSecond = 2 * maxChannels,
    maxBytesPerSecond = Math.max(DEFAULT_BYTES_PER_SECOND, maxFrameBytes),
    maxPendingMessages = 300,
    clock = systemClock,
    ...unknown
  } = options;
  const resolved = {
    ...{ connect, checkOrigin, pubsub, clusterName, secret, acceptUnsigned, longPoll, onError, clock },
    ...{ connectTimeoutMs, idleTimeoutMs, maxConnections, maxConnectionsPerAddress, addressOf },
    ...{ maxFrameBytes, maxBufferedBytes, maxChannels, maxPendingMessages },
    ...{ maxMessagesPerSecond, maxJoinsPerSecond, maxBytesPerSecond },
  };
  assertNoUnknownOptions(unknown, resolved);
  assertOptions(resolved);
  return resolved;
}

function assertOptions(options: ResolvedEndpointOptions): void {
  const { pubsub, clusterName, clock } = options;
  for (const name of ["connect", "onError", "addressOf"] as const) {
    checkArgument(name, options[name], typeof options[name] === "function", "a function");
  }
  assertCheckOrigin(options.checkOrigin);
  if (pubsub !== undefined) assertPubSub(pubsub);
  checkArgument(
    "clusterName",
    clusterName,
    isClusterName(clusterName),
    '1 to 40 letters, digits, "_", "." and "-"',
  );
  assertSecretOptions(options);
  assertLongPoll(options.longPoll);
  for (const name of ["connectTimeoutMs", "idleTimeoutMs"] as const) {
    const isTime = isFromZeroTo(MAX_TIMER_MS, options[name]) && options[name] > 0;
    checkArgument(name, options[name], isTime, `a number of ms above 0, at most ${MAX_TIMER_MS}`);
  }
  for (const name of LIMITS) {
    checkArgument(name, options[name], isIntegerFrom(1, options[name]), "a whole number of at least 1");
  }
  for (const name of ["maxConnections", "maxConnectionsPerAddress"] as const) {
    const isLimit = options[name] === Number.POSITIVE_INFINITY || isIntegerFrom(1, options[name]);
    checkArgument(name, options[name], isLimit, "a whole number of at least 1, or Infinity");
  }
  const { maxBytesPerSecond, maxFrameBytes } = options;
  checkArgument(
    "maxBytesPerSecond",
    maxBytesPerSecond,
    maxBytesPerSecond >= maxFrameBytes,
    `at least maxFrameBytes, which is ${maxFrameBytes}`,
  );
  checkArgument("clock", clock, hasMethods(clock, "now", "setTimer"), "a Clock");
}

const DEFAULT_BYTES_PER_SECOND = 1_048_576;

/** A list with a bad entry would refuse pages without a word, so the error names the entry. */
function assertCheckOrigin(check: unknown): void {
  const isCheck = typeof check === "boolean" || typeof check === "function" || Array.isArray(check);
  const origins = 'true, false, a list as ["https://example.com", "//*.example.org"], or a function';
  checkArgument("checkOrigin", check, isCheck, origins);
  if (!Array.isArray(check)) return;
  // `entries` also visits the holes of a list.
  for (const [index, entry] of check.entries()) {
    const origin = 'an origin, as "https://example.com", "//example.com" or "//*.example.com"';
    checkArgument(`checkOrigin[${index}]`, entry, isOriginPattern(entry), origin, "It has no path.");
  }
}

/** @throws {InvalidArgumentError} */
export function assertLongPoll(longPoll: unknown): void {
  checkArgument("longPoll", longPoll, typeof longPoll === "boolean", "true or false");
}

const LIMITS = [
  "maxFrameBytes",
  "maxBufferedBytes",
  "maxChannels",
  "maxMessagesPerSecond",
  "maxJoinsPerSecond",
  "maxBytesPerSecond",
  "maxPendingMessages",
] as const;
