import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  isIntegerFrom,
} from "../checks/check-argument.ts";

/**
 * What an inspector is made with. Checked once, when it is created.
 *
 * @example
 * const options: InspectorOptions = { path: "/presence" };
 */
export interface InspectorOptions {
  /**
   * Where it is mounted, as requests name it when they reach it. Express takes the path of `app.use` off them, so there it is
   * left out; with `node:http` and Fastify it is needed for any place but the root.
   *
   * @defaultValue "/"
   */
  path?: string;

  /**
   * How many topics are named, the largest of them; all are counted.
   *
   * @defaultValue 100
   */
  maxTopics?: number;
}

/** Options with every default in place. */
export interface ResolvedInspectorOptions {
  /** Without a slash at its end: empty for the root. */
  readonly path: string;
  readonly maxTopics: number;
}

/** @throws {InvalidArgumentError} naming the option that is wrong or unknown. */
export function resolveInspectorOptions(options: InspectorOptions): ResolvedInspectorOptions {
  assertOptionsObject(options);
  const { path = "/", maxTopics = 100, ...unknown } = options;
  assertNoUnknownOptions(unknown, { path, maxTopics });
  const isPath = typeof path === "string" && /^\/[^?#\s]*$/.test(path);
  checkArgument("path", path, isPath, 'a path as "/presence": a slash first, without a query');
  checkArgument("maxTopics", maxTopics, isIntegerFrom(1, maxTopics), "a whole number of at least 1");
  return { path: path.replace(/\/+$/, ""), maxTopics };
}
