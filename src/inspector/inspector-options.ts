import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  isIntegerFrom,
} from "../checks/check-argument.ts";

/**
 * Options of `inspector`. They are checked when the inspector is created.
 *
 * @example
 * const options: InspectorOptions = { path: "/presence" };
 */
export interface InspectorOptions {
  /**
   * The path at which requests reach the inspector. Set it for `node:http` and Fastify, unless the inspector serves
   * the root. Leave it out with Express, which removes the path of `app.use` from the request.
   *
   * @defaultValue "/"
   */
  path?: string;

  /**
   * How many of the largest topics are listed by name. Counts always include all topics.
   *
   * @defaultValue 100
   */
  maxTopics?: number;
}

/** Options with all defaults filled in. */
export interface ResolvedInspectorOptions {
  /** The path without a trailing slash; empty for the root. */
  readonly path: string;
  readonly maxTopics: number;
}

/** @throws {InvalidArgumentError} naming the first option that is invalid or unknown. */
export function resolveInspectorOptions(options: InspectorOptions): ResolvedInspectorOptions {
  assertOptionsObject(options);
  const { path = "/", maxTopics = 100, ...unknown } = options;
  assertNoUnknownOptions(unknown, { path, maxTopics });
  const isPath = typeof path === "string" && /^\/[^?#\s]*$/.test(path);
  checkArgument("path", path, isPath, 'a path such as "/presence", with a leading slash and without a query');
  checkArgument("maxTopics", maxTopics, isIntegerFrom(1, maxTopics), "a whole number of at least 1");
  return { path: path.replace(/\/+$/, ""), maxTopics };
}
