import { assertNoUnknownOptions, assertOptionsObject, checkArgument } from "../../checks/check-argument.ts";

/**
 * A range of ms. Both ends belong to it.
 *
 * @example
 * const delayMs: RangeMs = [5, 50];
 */
export type RangeMs = readonly [least: number, most: number];

/**
 * What a network does to messages between two nodes. Messages that a node sends to itself are delayed and duplicated too,
 * but they are never lost or late, because the node would conclude that it no longer receives anything.
 * `cut(name, name)` does that on purpose.
 *
 * @example
 * const mobile: Partial<NetworkConditions> = { lossRate: 0.1, delayMs: [50, 900], keepsOrder: false };
 */
export interface NetworkConditions {
  /** The fraction of messages that is lost, from 0 to 1. @defaultValue 0 */
  readonly lossRate: number;
  /** The fraction of messages that arrives twice, from 0 to 1. The copy has a delay of its own. @defaultValue 0 */
  readonly duplicateRate: number;
  /** The range that the delay of each message is drawn from, in ms. @defaultValue [0, 0] */
  readonly delayMs: RangeMs;
  /** The fraction of messages that arrives an additional `lateMs` later, from 0 to 1. @defaultValue 0 */
  readonly lateRate: number;
  /** The range that the additional delay of late messages is drawn from, in ms. @defaultValue [60_000, 300_000] */
  readonly lateMs: RangeMs;
  /**
   * Whether the messages of one link arrive in the order in which they were sent. Late messages and copies do not.
   * @defaultValue true
   */
  readonly keepsOrder: boolean;
}

/** A network that delivers every message at once. */
export const GOOD_CONDITIONS: NetworkConditions = {
  lossRate: 0,
  duplicateRate: 0,
  delayMs: [0, 0],
  lateRate: 0,
  lateMs: [60_000, 300_000],
  keepsOrder: true,
};

/** Draws a number of a range. */
export function randomInRange([least, most]: RangeMs, random: () => number): number {
  return least === most ? least : least + random() * (most - least);
}

/** @throws {InvalidArgumentError} naming the condition that is wrong or unknown. */
export function assertConditions(conditions: Partial<NetworkConditions>): void {
  assertOptionsObject(conditions, "Pass { lossRate: 0.1 }, for example.");
  assertNoUnknownOptions(unknownIn(conditions, GOOD_CONDITIONS), GOOD_CONDITIONS);
  for (const name of ["lossRate", "duplicateRate", "lateRate"] as const) {
    const { [name]: rate = 0 } = conditions;
    checkArgument(name, rate, rate >= 0 && rate <= 1 && typeof rate === "number", "a number from 0 to 1");
  }
  for (const name of ["delayMs", "lateMs"] as const) {
    const { [name]: range = [0, 0] } = conditions;
    checkArgument(name, range, isRange(range), "two numbers of ms, the smaller one first, such as [1, 20]");
  }
  const { keepsOrder = true } = conditions;
  checkArgument("keepsOrder", keepsOrder, typeof keepsOrder === "boolean", "true or false");
}

function unknownIn(given: object, known: object): object {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !Object.hasOwn(known, name)));
}

function isRange(range: unknown): boolean {
  if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isFinite)) return false;
  const [least, most] = range as [number, number];
  return least >= 0 && least <= most;
}
