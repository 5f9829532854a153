import {
  checkArgument,
  hasMethods,
  isFromZeroTo,
  isIntegerFrom,
  MAX_TIMER_MS,
} from "../../checks/check-argument.ts";
import { assertPubSub, isClusterName } from "../../checks/check-pubsub.ts";
import { assertSecretOptions } from "../../signing/check-secret.ts";
import { byteLength } from "../../wire/limits.ts";
import type { MetaSchema } from "../meta/standard-schema.ts";
import type { ResolvedTrackerOptions } from "./tracker-options.ts";

/** The wire carries 255 bytes: a replica that meets its own name adds its id. */
const MAX_REPLICA_NAME_BYTES = 200;
/** A healthy replica may lose all but one of these heartbeats in a row and still count as up. */
const MIN_HEARTBEATS_BEFORE_DOWN = 4;

/** @throws {InvalidArgumentError} naming the first option that is wrong. */
export function assertTrackerOptions(options: ResolvedTrackerOptions<object>): void {
  const { clusterName, replicaName, clock, random } = options;
  assertPubSub(options.pubsub);
  assertSchema(options.meta);
  checkArgument(
    "clusterName",
    clusterName,
    isClusterName(clusterName),
    '1 to 40 letters, digits, "_", "." and "-"',
  );
  assertSecretOptions(options);
  const isName = replicaName === undefined || isReplicaName(replicaName);
  checkArgument("replicaName", replicaName, isName, `a string of 1 to ${MAX_REPLICA_NAME_BYTES} bytes`);
  assertTimes(options);
  assertLimits(options);
  checkArgument("clock", clock, hasMethods(clock, "now", "wallNow", "setTimer"), "a Clock");
  checkArgument("random", random, typeof random === "function", "a function, such as Math.random");
}

function assertSchema(schema: MetaSchema<object, unknown> | null | undefined): void {
  const standard = schema?.["~standard"];
  const isSchema = standard?.version === 1 && typeof standard.validate === "function";
  const allowed = "a Standard Schema (v1), such as a schema of Zod, Valibot or ArkType, or metaOf<M>()";
  checkArgument("meta", schema, schema === undefined || isSchema, allowed);
}

function assertTimes(options: ResolvedTrackerOptions<object>): void {
  for (const name of ["broadcastPeriodMs", "downPeriodMs", "permdownPeriodMs"] as const) {
    const isPeriod = isFromZeroTo(MAX_TIMER_MS, options[name]) && options[name] > 0;
    checkArgument(name, options[name], isPeriod, `a number of ms above 0, at most ${MAX_TIMER_MS}`);
  }
  for (const name of ["flushDelayMs", "leaveDelayMs", "maxPeerLeaveDelayMs"] as const) {
    checkArgument(
      name,
      options[name],
      isFromZeroTo(MAX_TIMER_MS, options[name]),
      `a number of ms from 0 to ${MAX_TIMER_MS}`,
    );
  }
  const { broadcastPeriodMs, maxSilentPeriods, downPeriodMs, permdownPeriodMs } = options;
  checkArgument(
    "maxSilentPeriods",
    maxSilentPeriods,
    isIntegerFrom(0, maxSilentPeriods),
    "a whole number of at least 0",
  );
  const least = MIN_HEARTBEATS_BEFORE_DOWN * (maxSilentPeriods + 1) * broadcastPeriodMs;
  const why = `${MIN_HEARTBEATS_BEFORE_DOWN} × (maxSilentPeriods + 1) × broadcastPeriodMs`;
  checkArgument(
    "downPeriodMs",
    downPeriodMs,
    downPeriodMs >= least,
    `at least ${least}, which is ${why}`,
    "Raise it.",
  );
  const isAbove = permdownPeriodMs > downPeriodMs;
  checkArgument(
    "permdownPeriodMs",
    permdownPeriodMs,
    isAbove,
    `above downPeriodMs, which is ${downPeriodMs}`,
    "Raise it.",
  );
}

function assertLimits(options: ResolvedTrackerOptions<object>): void {
  for (const name of ["maxMetaBytes", "maxTopicBytes", "maxKeyBytes"] as const) {
    checkArgument(
      name,
      options[name],
      isIntegerFrom(1, options[name]),
      "a whole number of bytes, at least 1",
    );
  }
  for (const name of LIMITS_UP_TO_INFINITY) {
    const isLimit = isIntegerFrom(1, options[name]) || options[name] === Number.POSITIVE_INFINITY;
    checkArgument(name, options[name], isLimit, "a whole number of at least 1, or Infinity");
  }
}

function isReplicaName(name: unknown): boolean {
  return typeof name === "string" && name !== "" && byteLength(name) <= MAX_REPLICA_NAME_BYTES;
}

const LIMITS_UP_TO_INFINITY = [
  "maxPerOwner",
  "maxPerKey",
  "maxPerTopic",
  "maxPresenceChangesPerSecond",
  "maxReplicas",
] as const;
