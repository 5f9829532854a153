import { InvalidArgumentError } from "../errors.ts";
import { withLogMessage } from "../log-message.ts";
import { describeKind, describeValue } from "./describe-value.ts";
import { nearestName } from "./nearest-name.ts";

/** Node fires a timer of more than 2 ** 31 - 1 ms at once, and jitter may double ours. */
export const MAX_TIMER_MS: number = 2 ** 30;

/** @throws {InvalidArgumentError} with the name, the given value, the allowed values and advice, unless `isRight`. */
export function checkArgument(
  name: string,
  given: unknown,
  isRight: boolean,
  allowed: string,
  advice = "Or leave it out.",
): void {
  if (isRight) return;
  const message = (what: string): string => `${name} is ${what}; it must be ${allowed}. ${advice}`;
  const error = new InvalidArgumentError(message(describeValue(given)));
  throw withLogMessage(error, message(describeKind(given)));
}

/** @throws {InvalidArgumentError} unless the options are an object. */
export function assertOptionsObject(options: unknown, advice = "Or leave it out."): void {
  const isObject = typeof options === "object" && options !== null && !Array.isArray(options);
  checkArgument("options", options, isObject, "an object", advice);
}

/**
 * Refuses unknown options: a misspelled option would otherwise silently keep its default.
 *
 * @throws {InvalidArgumentError}
 */
export function assertNoUnknownOptions(unknown: object, known: object): void {
  const [name] = Object.keys(unknown);
  if (name === undefined) return;
  throw unknownNameError("option", name, Object.keys(known));
}

/** The error for an unknown name. It suggests the nearest known name. */
export function unknownNameError(
  what: "option" | "event",
  name: unknown,
  known: readonly string[],
): InvalidArgumentError {
  const names = known.toSorted();
  const nearest = typeof name === "string" ? nearestName(name, names) : undefined;
  return new InvalidArgumentError(
    `There is no ${what} ${describeValue(name)}. ` +
      (nearest === undefined ? `The ${what}s are ${names.join(", ")}.` : `Did you mean ${nearest}?`),
  );
}

/** @throws {InvalidArgumentError} unless it is a time in ms that a timer can take, or 0. */
export function assertTimeFromZero(name: string, given: unknown): void {
  checkArgument(name, given, isFromZeroTo(MAX_TIMER_MS, given), `a number of ms from 0 to ${MAX_TIMER_MS}`);
}

/** @throws {InvalidArgumentError} */
export function assertFunction(name: string, given: unknown, advice: string): void {
  checkArgument(name, given, typeof given === "function", "a function", advice);
}

/** The error of a class that only its factory may construct. `advice` is a call of that factory. */
export function directConstructionError(className: string, advice: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `new ${className}() was called directly; only its factory may construct it. Call ${advice} instead.`,
  );
}

export function isFromZeroTo(most: number, given: unknown): given is number {
  return typeof given === "number" && given >= 0 && given <= most;
}

export function isIntegerFrom(least: number, given: unknown): boolean {
  return Number.isSafeInteger(given) && (given as number) >= least;
}

export function hasMethods(given: object | null | undefined, ...methods: string[]): boolean {
  return methods.every((method) => typeof (given as Record<string, unknown>)?.[method] === "function");
}
