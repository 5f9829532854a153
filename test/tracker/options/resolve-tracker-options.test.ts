import { describe, expect, expectTypeOf, it } from "vitest";
import type { Meta } from "../../../src/payload.ts";
import type { PubSub } from "../../../src/pubsub/pubsub.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { metaOf } from "../../../src/tracker/meta/standard-schema.ts";
import { resolveTrackerOptions } from "../../../src/tracker/options/resolve-tracker-options.ts";
import type { ResolvedTrackerOptions, TrackerOptions } from "../../../src/tracker/options/tracker-options.ts";

/** Carries nothing: only its methods are checked. */
const pubsub: PubSub = { subscribe() {}, unsubscribe() {}, publish() {}, close: async () => {} };

/** Passes any value, as JavaScript can. */
const resolve = (options: unknown) => resolveTrackerOptions(options as TrackerOptions);

const invalid = (message: string) =>
  expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) });

describe("the defaults", () => {
  it("fill in every missing option", () => {
    expect(resolveTrackerOptions({ pubsub })).toEqual({
      pubsub,
      meta: undefined,
      clusterName: "rollcall",
      secret: undefined,
      acceptUnsigned: false,
      replicaName: undefined,
      broadcastPeriodMs: 1_500,
      maxSilentPeriods: 2,
      downPeriodMs: 30_000,
      permdownPeriodMs: 1_200_000,
      flushDelayMs: 10,
      leaveDelayMs: 0,
      maxPeerLeaveDelayMs: 60_000,
      maxReplicas: 1_000,
      maxMetaBytes: 4_096,
      maxTopicBytes: 255,
      maxKeyBytes: 255,
      maxPerOwner: Number.POSITIVE_INFINITY,
      maxPerKey: Number.POSITIVE_INFINITY,
      maxPerTopic: Number.POSITIVE_INFINITY,
      maxPresenceChangesPerSecond: 300,
      clock: systemClock,
      random: Math.random,
    });
  });

  it("replace undefined options", () => {
    expect(resolve({ pubsub, clusterName: undefined, flushDelayMs: undefined })).toEqual(resolve({ pubsub }));
  });

  it("follow the given broadcastPeriodMs", () => {
    expect(resolveTrackerOptions({ pubsub, broadcastPeriodMs: 300 }).downPeriodMs).toBe(6_000);
  });
});

describe("a given option", () => {
  it("is kept", () => {
    const given = {
      pubsub: { ...pubsub, maxMessageBytes: 5_900 },
      meta: metaOf<{ device: string }>(),
      clusterName: "shop.staging-2_b",
      secret: ["a secret of the shop", "the secret before it"],
      acceptUnsigned: true,
      replicaName: "tokyo:4000",
      broadcastPeriodMs: 0.5,
      maxSilentPeriods: 0,
      downPeriodMs: 2,
      permdownPeriodMs: 2.1,
      flushDelayMs: 0,
      leaveDelayMs: 2 ** 30,
      maxPeerLeaveDelayMs: 7,
      maxReplicas: Number.POSITIVE_INFINITY,
      maxMetaBytes: 1,
      maxTopicBytes: 1,
      maxKeyBytes: 1,
      maxPerOwner: 1,
      maxPerKey: Number.POSITIVE_INFINITY,
      maxPerTopic: 1,
      maxPresenceChangesPerSecond: 1,
      clock: { ...systemClock },
      random: () => 0,
    };
    expect(resolveTrackerOptions(given)).toEqual(given);
  });

  it("with a wrong value throws a TypeError", () => {
    expect(() => resolve({ pubsub, clusterName: "" })).toThrow(TypeError);
  });

  it.each<[message: string, options: unknown]>([
    ["options is undefined; it must be an object. Pass at least { pubsub: memoryPubSub() }.", undefined],
    ['options is "redis"; it must be an object', "redis"],
    ["pubsub is undefined; it must be a PubSub. Pass memoryPubSub() for a single process", {}],
    ["pubsub is a function; it must be a PubSub", { pubsub: () => pubsub }],
    ["pubsub is a Promise; it must be a PubSub. Await it first.", { pubsub: Promise.resolve(pubsub) }],
    ["pubsub is an object; it must be a PubSub", { pubsub: { ...pubsub, unsubscribe: undefined } }],
    ['pubsub.maxMessageBytes is "8000"', { pubsub: { ...pubsub, maxMessageBytes: "8000" } }],
    ["meta is null; it must be a Standard Schema", { pubsub, meta: null }],
    ["meta is an object; it must be a Standard Schema", { pubsub, meta: { parse() {} } }],
    ["meta is an object", { pubsub, meta: { "~standard": { version: 2, validate() {} } } }],
    ['clusterName is "my shop"; it must be 1 to 40 letters', { pubsub, clusterName: "my shop" }],
    ["clusterName is", { pubsub, clusterName: "shop\n" }],
    ["clusterName is", { pubsub, clusterName: "a".repeat(41) }],
    ["replicaName is 7; it must be a string of 1 to 200 bytes", { pubsub, replicaName: 7 }],
    ['replicaName is ""', { pubsub, replicaName: "" }],
    ["replicaName is", { pubsub, replicaName: "é".repeat(101) }],
    ["broadcastPeriodMs is 0; it must be a number of ms above 0", { pubsub, broadcastPeriodMs: 0 }],
    ["broadcastPeriodMs is null", { pubsub, broadcastPeriodMs: null }],
    ['broadcastPeriodMs is "1500"', { pubsub, broadcastPeriodMs: "1500" }],
    ["maxSilentPeriods is 1.5", { pubsub, maxSilentPeriods: 1.5 }],
    ["maxSilentPeriods is -1", { pubsub, maxSilentPeriods: -1 }],
    ["downPeriodMs is NaN", { pubsub, downPeriodMs: Number.NaN }],
    ["downPeriodMs is 17999; it must be at least 18000", { pubsub, downPeriodMs: 17_999 }],
    ["downPeriodMs is 30000; it must be at least 66000", { pubsub, maxSilentPeriods: 10 }],
    ["permdownPeriodMs is 30000; it must be above downPeriodMs", { pubsub, permdownPeriodMs: 30_000 }],
    ["permdownPeriodMs is Infinity", { pubsub, permdownPeriodMs: Number.POSITIVE_INFINITY }],
    ["permdownPeriodMs is 2147483648", { pubsub, permdownPeriodMs: 2 ** 31 }],
    ["flushDelayMs is -1; it must be a number of ms from 0", { pubsub, flushDelayMs: -1 }],
    ["leaveDelayMs is 1073741825", { pubsub, leaveDelayMs: 2 ** 30 + 1 }],
    ["maxMetaBytes is Infinity", { pubsub, maxMetaBytes: Number.POSITIVE_INFINITY }],
    ["maxTopicBytes is 0; it must be a whole number of bytes", { pubsub, maxTopicBytes: 0 }],
    ["maxKeyBytes is 1.5", { pubsub, maxKeyBytes: 1.5 }],
    ["maxPerOwner is 0; it must be a whole number of at least 1, or Infinity", { pubsub, maxPerOwner: 0 }],
    [
      "maxPresenceChangesPerSecond is 0.5; it must be a whole number of at least 1, or Infinity",
      { pubsub, maxPresenceChangesPerSecond: 0.5 },
    ],
    ["maxPerKey is NaN", { pubsub, maxPerKey: Number.NaN }],
    ['maxPerTopic is "10"', { pubsub, maxPerTopic: "10" }],
    ["clock is a function; it must be a Clock", { pubsub, clock: Date }],
    ["random is 0.5; it must be a function", { pubsub, random: 0.5 }],
  ])("with a wrong value is refused: %s", (message, options) => {
    expect(() => resolve(options)).toThrow(invalid(message));
  });

  it("is refused if the messages of the transport are too small", () => {
    const small = { ...pubsub, maxMessageBytes: 100 };
    const tooLittle = expect.objectContaining({ code: "LIMIT", limit: "maxMessageBytes", given: 100 });
    expect(() => resolveTrackerOptions({ pubsub: small })).toThrow(tooLittle);
  });

  it.each([
    ["broadcastPeriod", "broadcastPeriodMs"],
    ["maxMetaSize", "maxMetaBytes"],
    ["permDownPeriodMs", "permdownPeriodMs"],
    ["pubSub", "pubsub"],
    ["leaveDelay", "leaveDelayMs"],
  ])("with an unknown name is refused: %s, where %s was meant", (wrong, right) => {
    const message = `There is no option "${wrong}". Did you mean ${right}?`;
    expect(() => resolve({ pubsub, [wrong]: 1 })).toThrow(invalid(message));
  });

  it("with a name unlike any other is refused with a list of all names", () => {
    expect(() => resolve({ pubsub, fetch: () => {} })).toThrow(
      invalid("The options are acceptUnsigned, broadcastPeriodMs, clock"),
    );
  });
});

describe("the type of the metas", () => {
  it("is any JSON object without a schema", () => {
    expectTypeOf(resolveTrackerOptions({ pubsub })).toEqualTypeOf<ResolvedTrackerOptions<Meta>>();
  });

  it("is the type of the schema, which may be an interface", () => {
    interface DeviceMeta {
      device: string;
      tags?: readonly string[];
    }
    expectTypeOf(resolveTrackerOptions({ pubsub, meta: metaOf<DeviceMeta>() })).toEqualTypeOf<
      ResolvedTrackerOptions<DeviceMeta>
    >();
  });
});
