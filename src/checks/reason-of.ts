import { describeValue } from "./describe-value.ts";

/** The reason of a wrapped error may have several parts, such as one for each address of a host. */
const MAX_PARTS = 4;
/** A chain of causes may be long, or lead back to its start. */
const MAX_DEPTH = 5;
const MAX_LENGTH = 600;

/** The members of an error that tell its reason. Errors of other libraries and realms have any values there. */
interface ErrorShape {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
}

/**
 * Why something failed, as a part of a sentence: never empty, whatever was thrown, and without a final period. It
 * combines the messages of a chain of causes, and those in an `AggregateError`: Node throws one with an empty message when
 * it can connect to no address of a host.
 */
export function reasonOf(thrown: unknown): string {
  const reason = partsOf(thrown, 0).join(": ");
  if (reason === "") return "no reason was given";
  return reason.length > MAX_LENGTH ? `${reason.slice(0, MAX_LENGTH - 1)}…` : reason;
}

/** The thrown value if it is an error, or an error that says what `thrower`, such as `A listener`, threw instead. */
export function errorOf(thrown: unknown, thrower: string): Error {
  if (thrown instanceof Error) return thrown;
  const what = isErrorLike(thrown) ? reasonOf(thrown) : describeValue(thrown);
  return new Error(`${thrower} threw ${what}.`, { cause: thrown });
}

/** Also for an error of another realm, such as that of a test runner. */
export function isErrorLike(thrown: unknown): thrown is { readonly message: string } {
  return typeof thrown === "object" && thrown !== null && typeof readShape(thrown).message === "string";
}

/** The reasons along a chain of causes, without those that an outer reason contains. */
function partsOf(thrown: unknown, depth: number): string[] {
  if (typeof thrown === "string") return [trimmed(thrown)].filter(Boolean);
  if (typeof thrown !== "object" || thrown === null) return [`it threw ${describeValue(thrown)}`];
  const shape = readShape(thrown);
  const own = ownReasonOf(shape, depth);
  const inner = depth < MAX_DEPTH && shape.cause != null ? partsOf(shape.cause, depth + 1) : [];
  const parts = own === "" ? inner : [own, ...inner.filter((part) => !own.includes(part))];
  if (parts.length > 0 || depth > 0) return parts;
  const hasMessage = typeof shape.message === "string";
  return [hasMessage ? `${nameOf(shape)} without a message` : `it threw ${describeValue(thrown)}`];
}

function ownReasonOf({ message, code, errors }: ErrorShape, depth: number): string {
  const text = typeof message === "string" ? trimmed(message) : "";
  const inner = Array.isArray(errors) && depth < MAX_DEPTH ? joined(errors, depth) : "";
  if (text !== "") return inner === "" || text.includes(inner) ? text : `${text} (${inner})`;
  if (inner !== "") return inner;
  return typeof code === "string" || typeof code === "number" ? trimmed(`${code}`) : "";
}

function joined(errors: readonly unknown[], depth: number): string {
  const reasons = new Set<string>();
  for (const error of errors.slice(0, 100)) {
    const reason = partsOf(error, depth + 1).join(": ");
    if (reason !== "") reasons.add(reason);
  }
  const shown = [...reasons].slice(0, MAX_PARTS);
  const more = reasons.size - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

function nameOf({ name }: ErrorShape): string {
  return typeof name === "string" && name !== ""
    ? `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`
    : "an error";
}

/** Never throws: a getter or a proxy of a thrown object may. */
function readShape(thrown: object): ErrorShape {
  try {
    const { name, message, code, errors, cause } = thrown as ErrorShape;
    return { name, message, code, errors, cause };
  } catch {
    return {};
  }
}

function trimmed(text: string): string {
  return text.trim().replace(/[.\s]+$/, "");
}
