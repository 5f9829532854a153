import { InvalidArgumentError } from "../errors.ts";

/**
 * Checks the top level of what a caller or a server passes in. Entries are not checked, because that would add bytes to
 * the bundle and time to large messages. The error names only the kind of the value, as the value may hold user data.
 *
 * @throws {InvalidArgumentError} unless the value is of that kind.
 */
export function checkKind(name: string, given: unknown, kind: "object" | "function" | "string"): void {
  // Some servers encode an empty map as an empty list.
  const isList = Array.isArray(given) && given.length > 0;
  if (given && typeof given === kind && !isList) return;
  const what = isList ? "list" : given === null ? "null" : given === "" ? "empty string" : typeof given;
  throw new InvalidArgumentError(`${name}: ${what} given; pass ${kind === "object" ? "an" : "a"} ${kind}.`);
}

/** Checks both halves before either is applied, so that an invalid diff changes nothing. */
export function checkDiff(diff: { readonly joins: object; readonly leaves: object }): void {
  checkKind("diff", diff, "object");
  checkKind("joins", diff.joins, "object");
  checkKind("leaves", diff.leaves, "object");
}
