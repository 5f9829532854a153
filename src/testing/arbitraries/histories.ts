import fc from "fast-check";
import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  isIntegerFrom,
} from "../../checks/check-argument.ts";
import type { Meta } from "../../payload.ts";
import { ShrinkingIndexes } from "./shrinking-indexes.ts";

/**
 * One thing that happens at one replica. Where it would have no effect (nothing to leave yet), it is a join.
 *
 * @example
 * const event: HistoryEvent = { replica: "tokyo", kind: "join", owner: 0, topic: "lobby", key: "alice", meta: {}, pick: 0 };
 */
export interface HistoryEvent {
  /** Where it happens. */
  readonly replica: string;
  /** `send`: what happened since the last one goes out. `serve`: somebody who knows nothing asks for everything. */
  readonly kind: "join" | "update" | "leave" | "leaveAll" | "send" | "serve";
  /** Who joins. */
  readonly owner: number;
  /** Where one joins. */
  readonly topic: string;
  /** As whom. */
  readonly key: string;
  /** Of a join or an update. */
  readonly meta: Meta;
  /** Which of the standing presences is updated or leaves, counted round. */
  readonly pick: number;
}

/**
 * What histories are made of.
 *
 * @example
 * const options: HistoryOptions = { meta: fc.record({ typing: fc.boolean() }), topics: ["lobby"] };
 */
export interface HistoryOptions {
  /** How many events, exactly; a failing one shrinks to fewer. @defaultValue 100 */
  readonly length?: number;
  /** The metas. @defaultValue none, a device and whether it types, or a place */
  readonly meta?: fc.Arbitrary<Meta>;
  /** The topics. Few, so that people meet. @defaultValue `lobby`, `kitchen`, `__proto__` */
  readonly topics?: readonly string[];
  /** The keys. @defaultValue `alice`, `bob`, `carol`, `constructor` */
  readonly keys?: readonly string[];
}

/** The replicas of all histories. */
export const REPLICAS: readonly string[] = ["tokyo", "paris", "lima", "oslo"];

/** As many events as a history has unless it is said otherwise. */
export const DEFAULT_LENGTH = 100;

const fewMetas: fc.Arbitrary<Meta> = fc.oneof(
  fc.constant({}),
  fc.record({ device: fc.constantFrom("phone", "laptop"), typing: fc.boolean() }),
  fc.record({ place: fc.record({ row: fc.nat(9), seats: fc.array(fc.nat(9), { maxLength: 2 }) }) }),
);

/**
 * Histories of the four replicas tokyo, paris, lima and oslo: who joins, changes and leaves, and what is sent when.
 * `play` plays one.
 *
 * @example
 * fc.assert(fc.property(histories(), (history) => play(history).sets.size === 4));
 */
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
    // Most of it is one owner's: it holds more than are kept in a row.
    owner: fc.constantFrom(0, 0, 0, 1, 2),
    topic: fc.constantFrom(...topics),
    key: fc.constantFrom(...keys),
    meta,
    pick: fc.nat(),
  });
  // Without `size`, `maxLength` would yield ten. What stays comes first, so that shrinking drops events before it simplifies any.
  const events = fc.array(event, { minLength: length, maxLength: length, size: "max" });
  return fc.tuple(new ShrinkingIndexes(length), events).map(([kept, all]) => kept.map((at) => all[at]!));
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
    "an arbitrary of fast-check, as fc.record({ … })",
  );
  for (const [name, given] of Object.entries({ topics, keys })) {
    const areNames =
      Array.isArray(given) && given.length > 0 && given.every((one) => typeof one === "string" && one !== "");
    checkArgument(name, given, areNames, "a list of at least one string, none empty");
  }
  return resolved;
}
