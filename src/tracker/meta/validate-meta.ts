import { InvalidArgumentError } from "../../errors.ts";
import { formatPath } from "./meta-errors.ts";
import { withoutRefs } from "./refs.ts";
import type { MetaSchema, SchemaIssue } from "./standard-schema.ts";

/** More of them would bury the first. */
const MOST_ISSUES = 10;

/**
 * What the schema makes of a meta. Our refs are taken off first: a strict schema doesn't know them.
 *
 * @throws {InvalidArgumentError} when the schema refuses the meta, or answers by a promise.
 */
export function validateMeta<M extends object>(meta: unknown, schema: MetaSchema<M>): M {
  const standard = schema["~standard"];
  const result = standard.validate(withoutRefs(meta));
  if ("then" in result) {
    // What it comes to is nobody's any more, and must not end the process as an unhandled rejection.
    result.catch(() => undefined);
    throw new InvalidArgumentError(
      `meta: its schema (${standard.vendor}) answers by a promise; track and update are synchronous. ` +
        "Use a schema without async checks, and do those before you track.",
    );
  }
  if (result.issues === undefined) return result.value;
  throw new InvalidArgumentError(
    `meta does not fit its schema (${standard.vendor}): ${listIssues(result.issues)}`,
  );
}

function listIssues(issues: readonly SchemaIssue[]): string {
  const listed = issues.slice(0, MOST_ISSUES).map(({ message, path = [] }) => {
    const steps = path.map((step) => (typeof step === "object" ? step.key : step));
    return `${formatPath("meta", steps)}: ${message}`;
  });
  if (issues.length > MOST_ISSUES) listed.push(`and ${issues.length - MOST_ISSUES} more`);
  return listed.join("; ");
}
