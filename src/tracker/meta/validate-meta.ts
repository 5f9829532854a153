import { InvalidArgumentError } from "../../errors.ts";
import { withLogMessage } from "../../log-message.ts";
import { formatPath } from "./meta-errors.ts";
import { withoutRefs } from "./refs.ts";
import type { MetaSchema, SchemaIssue } from "./standard-schema.ts";

/** An error lists at most this many issues. */
const MAX_ISSUES = 10;

/**
 * Returns the output of the schema for a meta. The schema gets the meta without our refs, which a strict schema would refuse.
 *
 * @throws {InvalidArgumentError} when the schema refuses the meta, or is asynchronous.
 */
export function validateMeta<M extends object>(meta: unknown, schema: MetaSchema<M, unknown>): M {
  const standard = schema["~standard"];
  const result = standard.validate(withoutRefs(meta));
  if ("then" in result) {
    // The result is not used any more, and its rejection must not end the process.
    result.catch(() => undefined);
    throw new InvalidArgumentError(
      `The schema of meta (${standard.vendor}) returned a promise; track and update are synchronous. ` +
        "Use a schema without asynchronous checks, and run those checks before you track.",
    );
  }
  if (result.issues === undefined) return result.value;
  const what = `meta does not fit its schema (${standard.vendor})`;
  const { issues } = result;
  // The messages of a schema may repeat the value, and a path may contain names that a client chose.
  throw withLogMessage(
    new InvalidArgumentError(`${what}: ${listIssues(issues)}`),
    `${what}: ${issues.length} ${issues.length === 1 ? "issue" : "issues"}. Catch the error of track or update to see them.`,
  );
}

function listIssues(issues: readonly SchemaIssue[]): string {
  const listed = issues.slice(0, MAX_ISSUES).map(({ message, path = [] }) => {
    const steps = path.map((step) => (typeof step === "object" ? step.key : step));
    return `${formatPath("meta", steps)}: ${message}`;
  });
  if (issues.length > MAX_ISSUES) listed.push(`and ${issues.length - MAX_ISSUES} more`);
  return listed.join("; ");
}
