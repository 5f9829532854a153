import { check, has, isUpTo, isWhole, MOST_MS } from "../../checks/check-argument.ts";
import type { PubSub } from "../../pubsub/pubsub.ts";
import { assertMessageBytes, byteLength } from "../../wire/limits.ts";
import type { MetaSchema } from "../meta/standard-schema.ts";
import type { ResolvedOptions } from "./tracker-options.ts";

/** The wire carries 255: who meets its own name adds its id. */
const MOST_NAME_BYTES = 200;
/** All but one may be lost in a row before a healthy replica counts as down. */
const LEAST_HEARTBEATS = 4;

/** @throws {InvalidArgumentError} naming the first that is wrong. */
export function assertOptions(options: ResolvedOptions<object>): void {
  const { clusterName, replicaName, clock, random } = options;
  assertPubSub(options.pubsub);
  assertSchema(options.meta);
  check("clusterName", clusterName, isTopicPart(clusterName), '1 to 40 letters, digits, "_", "." and "-"');
  const isName = replicaName === undefined || isReplicaName(replicaName);
  check("replicaName", replicaName, isName, `a string of 1 to ${MOST_NAME_BYTES} bytes`);
  assertTimes(options);
  assertLimits(options);
  check("clock", clock, has(clock, "now", "wallNow", "setTimer"), "a Clock");
  check("random", random, typeof random === "function", "a function, as Math.random is");
}

export function assertPubSub(pubsub: PubSub): void {
  const isPubSub = has(pubsub, "subscribe", "unsubscribe", "publish", "close");
  const advice =
    (pubsub as unknown) instanceof Promise
      ? "Await it first."
      : "For a single process pass memoryPubSub(), for several the driver of what connects them.";
  check("pubsub", pubsub, isPubSub, "a PubSub", advice);
  const { maxMessageBytes } = pubsub;
  if (maxMessageBytes === undefined) return;
  check("pubsub.maxMessageBytes", maxMessageBytes, typeof maxMessageBytes === "number", "a number of bytes");
  assertMessageBytes(maxMessageBytes);
}

function assertSchema(schema: MetaSchema<object> | null | undefined): void {
  const standard = schema?.["~standard"];
  const isSchema = standard?.version === 1 && typeof standard.validate === "function";
  const allowed = "a Standard Schema (v1), as those of Zod, Valibot and ArkType are, or metaOf<M>()";
  check("meta", schema, schema === undefined || isSchema, allowed);
}

function assertTimes(options: ResolvedOptions<object>): void {
  for (const name of ["broadcastPeriodMs", "downPeriodMs", "permdownPeriodMs"] as const) {
    const isPeriod = isUpTo(MOST_MS, options[name]) && options[name] > 0;
    check(name, options[name], isPeriod, `a number of ms above 0, at most ${MOST_MS}`);
  }
  for (const name of ["flushDelayMs", "leaveDelayMs"] as const) {
    check(name, options[name], isUpTo(MOST_MS, options[name]), `a number of ms from 0 to ${MOST_MS}`);
  }
  const { broadcastPeriodMs, maxSilentPeriods, downPeriodMs, permdownPeriodMs } = options;
  check("maxSilentPeriods", maxSilentPeriods, isWhole(0, maxSilentPeriods), "a whole number of at least 0");
  const least = LEAST_HEARTBEATS * (maxSilentPeriods + 1) * broadcastPeriodMs;
  const why = `${LEAST_HEARTBEATS} × (maxSilentPeriods + 1) × broadcastPeriodMs`;
  check(
    "downPeriodMs",
    downPeriodMs,
    downPeriodMs >= least,
    `at least ${least}, which is ${why}`,
    "Raise it.",
  );
  const isAbove = permdownPeriodMs > downPeriodMs;
  check(
    "permdownPeriodMs",
    permdownPeriodMs,
    isAbove,
    `above downPeriodMs, which is ${downPeriodMs}`,
    "Raise it.",
  );
}

function assertLimits(options: ResolvedOptions<object>): void {
  for (const name of ["maxMetaBytes", "maxTopicBytes", "maxKeyBytes"] as const) {
    check(name, options[name], isWhole(1, options[name]), "a whole number of bytes, at least 1");
  }
  for (const name of ["maxPerOwner", "maxPerKey", "maxPerTopic"] as const) {
    const isLimit = isWhole(1, options[name]) || options[name] === Number.POSITIVE_INFINITY;
    check(name, options[name], isLimit, "a whole number of at least 1, or Infinity");
  }
}

/** The pub/sub's topics are made of it. */
export function isTopicPart(name: unknown): boolean {
  return typeof name === "string" && /^[A-Za-z0-9_.-]{1,40}$/.test(name);
}

function isReplicaName(name: unknown): boolean {
  return typeof name === "string" && name !== "" && byteLength(name) <= MOST_NAME_BYTES;
}
