import { assertNoUnknownOptions, assertOptionsObject, checkArgument } from "../../checks/check-argument.ts";

/**
 * A range of ms, both ends in.
 *
 * @example
 * const delayMs: RangeMs = [5, 50];
 */
export type RangeMs = readonly [least: number, most: number];

/**
 * How a network treats what goes from one node to another. What a node sends itself is delayed and duplicated like the
 * rest, but neither lost nor late: it would take itself for deaf. `cut(name, name)` does that on purpose.
 *
 * @example
 * const mobile: Partial<Conditions> = { lossRate: 0.1, delayMs: [50, 900], keepsOrder: false };
 */
export interface NetworkConditions {
  /** Which part of the messages never arrives, from 0 to 1. @defaultValue 0 */
  readonly lossRate: number;
  /** Which part arrives twice, from 0 to 1: the second copy with a delay of its own. @defaultValue 0 */
  readonly duplicateRate: number;
  /** How long a message takes, in ms: anything in between. @defaultValue [0, 0] */
  readonly delayMs: RangeMs;
  /** Which part is held up somewhere and arrives `lateMs` later, from 0 to 1. @defaultValue 0 */
  readonly lateRate: number;
  /** How long those are held up, in ms. @defaultValue [60_000, 300_000] */
  readonly lateMs: RangeMs;
  /**
   * Whether messages of one link arrive in the order in which they were sent, except late ones and second copies.
   * @defaultValue true
   */
  readonly keepsOrder: boolean;
}

/** A network that does nothing to what it carries. */
export const GOOD_CONDITIONS: NetworkConditions = {
  lossRate: 0,
  duplicateRate: 0,
  delayMs: [0, 0],
  lateRate: 0,
  lateMs: [60_000, 300_000],
  keepsOrder: true,
};

/** A moment within a range. */
export function randomInRange([least, most]: RangeMs, random: () => number): number {
  return least === most ? least : least + random() * (most - least);
}

/** @throws {InvalidArgumentError} naming the condition that is wrong or unknown. */
export function assertConditions(conditions: Partial<NetworkConditions>): void {
  assertOptionsObject(conditions, "Pass { lossRate: 0.1 }, say.");
  assertNoUnknownOptions(without(conditions, GOOD_CONDITIONS), GOOD_CONDITIONS);
  for (const name of ["lossRate", "duplicateRate", "lateRate"] as const) {
    const { [name]: rate = 0 } = conditions;
    checkArgument(name, rate, rate >= 0 && rate <= 1 && typeof rate === "number", "a number from 0 to 1");
  }
  for (const name of ["delayMs", "lateMs"] as const) {
    const { [name]: range = [0, 0] } = conditions;
    checkArgument(name, range, isRange(range), "two numbers of ms, the lesser first, as [1, 20]");
  }
  const { keepsOrder = true } = conditions;
  checkArgument("keepsOrder", keepsOrder, typeof keepsOrder === "boolean", "true or false");
}

function without(given: object, known: object): object {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !Object.hasOwn(known, name)));
}

function isRange(range: unknown): boolean {
  if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isFinite)) return false;
  const [least, most] = range as [number, number];
  return least >= 0 && least <= most;
}
