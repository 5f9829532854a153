import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError, LimitError } from "../../errors.ts";
import { withLogMessage } from "../../log-message.ts";
import { MAX_META_DEPTH } from "../../wire/format.ts";

/** The error for the value at `path` in `meta`, which is not JSON or is nested too deep. */
export function notJsonError(meta: unknown, path: readonly (string | number)[]): InvalidArgumentError {
  const values = valuesAlong(meta, path);
  const where = formatPath("meta", path);
  const value = values.at(-1);
  if (path.length >= MAX_META_DEPTH && typeof value === "object" && value !== null)
    return tooDeep(values, path);
  if (path.length === 0) {
    return new InvalidArgumentError(
      `${where} is ${kindOf(value)}; it must be a plain JSON object, such as { device: "phone" }.` +
        (value instanceof Promise ? " Await it first." : ""),
    );
  }
  return new InvalidArgumentError(
    `${where} is ${kindOf(value)}; a meta holds only JSON values: ` +
      `strings, finite numbers, booleans, null, arrays and plain objects.${adviceOn(value)}`,
  );
}

/** `bytes` is the size in words, as `given` may be a lower bound. */
export function metaTooLargeError(bytes: string, given: number, allowed: number): LimitError {
  return new LimitError(
    `meta takes ${bytes} bytes of JSON; maxMetaBytes is ${allowed}. ` +
      "Track an id, and look the rest up by it.",
    { limit: "maxMetaBytes", given, allowed },
  );
}

function tooDeep(values: readonly unknown[], path: readonly (string | number)[]): InvalidArgumentError {
  const again = values.findIndex((value, at) => values.indexOf(value) < at);
  if (again < 0) {
    const rule = `is nested too deep; a meta nests at most ${MAX_META_DEPTH} objects and arrays. Flatten it.`;
    // A client may have chosen the names on the path.
    return withLogMessage(new InvalidArgumentError(`${formatPath("meta", path)} ${rule}`), `meta ${rule}`);
  }
  const first = values.indexOf(values[again]);
  return new InvalidArgumentError(
    `${formatPath("meta", path.slice(0, again))} is ${formatPath("meta", path.slice(0, first))} again; ` +
      "a meta can't be circular. Use an id in its place.",
  );
}

/** The meta and every value along the path. */
function valuesAlong(meta: unknown, path: readonly (string | number)[]): unknown[] {
  const values = [meta];
  for (const name of path) values.push((values.at(-1) as Record<string | number, unknown>)[name]);
  return values;
}

function kindOf(value: unknown): string {
  const kind = describeValue(value);
  return kind === "an object" ? "an object with a prototype of its own" : kind;
}

function adviceOn(value: unknown): string {
  if (value instanceof Promise) return " Await it first.";
  if (value instanceof Date) return " Use its toISOString().";
  if (value instanceof Map) return " Use Object.fromEntries(map).";
  if (value instanceof Set) return " Use an array: [...set].";
  if (typeof value === "bigint") return " Use a string.";
  if (typeof value === "number" || value === undefined) return " Use null, or leave it out.";
  return "";
}

/** A path as it is written in code: `meta.devices[2].seen`. */
export function formatPath(root: string, path: readonly PropertyKey[]): string {
  return root + path.map(formatStep).join("");
}

function formatStep(step: PropertyKey): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "symbol") return `[${String(step)}]`;
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
