import { assertNoUnknownOptions, assertOptionsObject, checkArgument } from "../../checks/check-argument.ts";

/**
 * The options of `close`.
 *
 * @throws {InvalidArgumentError} for an unknown option, or a `leave` that is neither `true` nor `false`.
 */
export function resolveLeaveOption(options: { readonly leave?: boolean }): boolean {
  assertOptionsObject(options, "Pass { leave: true }, or nothing.");
  const { leave = false, ...unknown } = options;
  assertNoUnknownOptions(unknown, { leave });
  checkArgument("leave", leave, typeof leave === "boolean", "true or false");
  return leave;
}

/**
 * The options of `synced`.
 *
 * @throws {InvalidArgumentError} for an unknown option, or a `timeoutMs` that is not a number of at least 0.
 */
export function resolveTimeoutOption(options: { readonly timeoutMs?: number }): number {
  assertOptionsObject(options, "Pass { timeoutMs: 10_000 }, or nothing to wait without a timeout.");
  const { timeoutMs = Number.POSITIVE_INFINITY, ...unknown } = options;
  assertNoUnknownOptions(unknown, { timeoutMs });
  const isTime = typeof timeoutMs === "number" && timeoutMs >= 0;
  checkArgument("timeoutMs", timeoutMs, isTime, "a number of ms of at least 0");
  return timeoutMs;
}
