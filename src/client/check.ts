import { InvalidArgumentError } from "../errors.ts";

/**
 * At the door only, and never of each entry: a browser pays for every byte, and a large message for every look.
 *
 * @throws {InvalidArgumentError} that says what was given, and what is allowed.
 */
export function check(name: string, given: unknown, kind: "object" | "function" | "string"): void {
  const isList = Array.isArray(given);
  if (given && typeof given === kind && !isList) return;
  const what = isList ? "an array" : typeof given === "object" && given ? "an object" : String(given);
  throw new InvalidArgumentError(`${name} is ${what}; it must be ${kind === "object" ? "an" : "a"} ${kind}.`);
}

/** Both halves: one that is missing would be found when the other is in place. */
export function checkDiff(diff: { readonly joins: object; readonly leaves: object }): void {
  check("diff", diff, "object");
  check("joins", diff.joins, "object");
  check("leaves", diff.leaves, "object");
}
