import { InvalidArgumentError } from "../errors.ts";

/**
 * At the door only, and never of each entry: a browser pays for every byte, and a large message for every look. Of what
 * was given only the kind is told: it may hold everybody's names.
 *
 * @throws {InvalidArgumentError} that says what was given, and what is allowed.
 */
export function checkKind(name: string, given: unknown, kind: "object" | "function" | "string"): void {
  // An empty list is what some servers make of an empty map.
  const isList = Array.isArray(given) && given.length > 0;
  if (given && typeof given === kind && !isList) return;
  const what = isList ? "list" : given === null ? "null" : given === "" ? "empty" : typeof given;
  throw new InvalidArgumentError(`${name}: ${what} given; pass ${kind === "object" ? "an" : "a"} ${kind}.`);
}

/** Both halves: one that is missing would be found when the other is in place. */
export function checkDiff(diff: { readonly joins: object; readonly leaves: object }): void {
  checkKind("diff", diff, "object");
  checkKind("joins", diff.joins, "object");
  checkKind("leaves", diff.leaves, "object");
}
