import fc from "fast-check";
import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  isIntegerFrom,
} from "../../checks/check-argument.ts";
import type { Meta } from "../../payload.ts";
import { ShrinkingIndexes } from "./shrinking-indexes.ts";

/** One event at one replica. An event that cannot happen, such as a leave without any presence, becomes a join. */
export interface HistoryEvent {
  readonly replica: string;
  /** `send`: the replica sends its changes since the last `send`. `serve`: it sends its full state to a new replica. */
  readonly kind: "join" | "update" | "leave" | "leaveAll" | "send" | "serve";
  readonly owner: number;
  readonly topic: string;
  readonly key: string;
  /** The meta of a join or an update. */
  readonly meta: Meta;
  /** The index, modulo their number, of the presence that an update or a leave changes. */
  readonly pick: number;
}

/**
 * Options of `diffs` and `presenceStreams`, which are made of random histories.
 *
 * @example
 * const options: HistoryOptions = { meta: fc.record({ typing: fc.boolean() }), topics: ["lobby"] };
 */
export interface HistoryOptions {
  /** The exact number of events in a history. A failing history shrinks to fewer. @defaultValue 100 */
  readonly length?: number;
  /** The metas. @defaultValue an empty meta, one with a device and `typing`, or one with a place */
  readonly meta?: fc.Arbitrary<Meta>;
  /** The topics. Give few, so that several keys are in the same topic. @defaultValue `lobby`, `kitchen`, `__proto__` */
  readonly topics?: readonly string[];
  /** The keys. @defaultValue `alice`, `bob`, `carol`, `constructor` */
  readonly keys?: readonly string[];
}

/** The replicas of all histories. */
export const REPLICAS: readonly string[] = ["tokyo", "paris", "lima", "oslo"];

/** The default number of events in a history. */
export const DEFAULT_LENGTH = 100;

const fewMetas: fc.Arbitrary<Meta> = fc.oneof(
  fc.constant({}),
  fc.record({ device: fc.constantFrom("phone", "laptop"), typing: fc.boolean() }),
  fc.record({ place: fc.record({ row: fc.nat(9), seats: fc.array(fc.nat(9), { maxLength: 2 }) }) }),
);

/** Histories of the four replicas tokyo, paris, lima and oslo: joins, updates and leaves, and when a replica sends them. */
export function histories(options: HistoryOptions = {}): fc.Arbitrary<readonly HistoryEvent[]> {
  const { length, meta, topics, keys } = resolveHistoryOptions(options);
  const event = fc.record({
    replica: fc.constantFrom(...REPLICAS),
    kind: fc.oneof(
      { weight: 8, arbitrary: fc.constant("join" as const) },
      { weight: 5, arbitrary: fc.constant("update" as const) },
      { weight: 4, arbitrary: fc.constant("leave" as const) },
      { weight: 1, arbitrary: fc.constant("leaveAll" as const) },
      { weight: 4, arbitrary: fc.constant("send" as const) },
      { weight: 1, arbitrary: fc.constant("serve" as const) },
    ),
    // Most events belong to one owner, so that it holds more presences than the owner index keeps in an array.
    owner: fc.constantFrom(0, 0, 0, 1, 2),
    topic: fc.constantFrom(...topics),
    key: fc.constantFrom(...keys),
    meta,
    pick: fc.nat(),
  });
  // Without `size`, an array has about ten items, whatever its `maxLength`. The indexes come first, so that shrinking drops
  // events before it simplifies any.
  const events = fc.array(event, { minLength: length, maxLength: length, size: "max" });
  return fc
    .tuple(new ShrinkingIndexes(length), events)
    .map(([indexes, all]) => indexes.map((index) => all[index]!));
}

function resolveHistoryOptions(options: HistoryOptions): Required<HistoryOptions> {
  assertOptionsObject(options);
  const {
    length = DEFAULT_LENGTH,
    meta = fewMetas,
    topics = ["lobby", "__proto__", "kitchen"],
    keys = ["alice", "bob", "carol", "constructor"],
    ...unknown
  } = options;
  const resolved = { length, meta, topics, keys };
  assertNoUnknownOptions(unknown, resolved);
  checkArgument("length", length, isIntegerFrom(0, length), "a whole number of at least 0");
  checkArgument(
    "meta",
    meta,
    typeof meta?.generate === "function",
    "an arbitrary of fast-check, such as fc.record({ … })",
  );
  for (const [name, given] of Object.entries({ topics, keys })) {
    const areNames =
      Array.isArray(given) && given.length > 0 && given.every((one) => typeof one === "string" && one !== "");
    checkArgument(name, given, areNames, "a list of at least one string, without empty strings");
  }
  return resolved;
}
