import {
  assertNoUnknownOptions,
  assertOptionsObject,
  checkArgument,
  isIntegerFrom,
} from "../checks/check-argument.ts";
import { isHostEntry } from "./allowed-hosts.ts";

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

  /**
   * The names under which browsers may open the inspector, besides `localhost`, names below it, the name of the machine,
   * and IP addresses. `*.example.com` stands for all names below `example.com`. Requests for other hosts are answered
   * with 403. Otherwise any web page could read the inspector of its visitors by pointing its own name at their machine
   * (DNS rebinding). `true` admits every host: use it only behind a login.
   *
   * @defaultValue `[]`
   */
  allowedHosts?: readonly string[] | true;
}

/** Options with all defaults filled in. */
export interface ResolvedInspectorOptions {
  /** The path without a trailing slash; empty for the root. */
  readonly path: string;
  readonly maxTopics: number;
  readonly allowedHosts: readonly string[] | true;
}

/** @throws {InvalidArgumentError} naming the first option that is invalid or unknown. */
export function resolveInspectorOptions(options: InspectorOptions): ResolvedInspectorOptions {
  assertOptionsObject(options);
  const { path = "/", maxTopics = 100, allowedHosts = [], ...unknown } = options;
  assertNoUnknownOptions(unknown, { path, maxTopics, allowedHosts });
  const isPath = typeof path === "string" && /^\/[^?#\s]*$/.test(path);
  checkArgument("path", path, isPath, 'a path such as "/presence", with a leading slash and without a query');
  checkArgument("maxTopics", maxTopics, isIntegerFrom(1, maxTopics), "a whole number of at least 1");
  assertAllowedHosts(allowedHosts);
  return { path: path.replace(/\/+$/, ""), maxTopics, allowedHosts };
}

function assertAllowedHosts(allowedHosts: unknown): void {
  const isList = Array.isArray(allowedHosts);
  const kind = 'a list of host names, such as ["admin.example.com", "*.internal"], or true';
  checkArgument("allowedHosts", allowedHosts, isList || allowedHosts === true, kind);
  const wrong = isList ? allowedHosts.findIndex((entry) => !isHostEntry(entry)) : -1;
  if (wrong >= 0) {
    const entry = (allowedHosts as unknown[])[wrong];
    checkArgument(`allowedHosts[${wrong}]`, entry, false, "a host name, without a scheme, a port or a path");
  }
}
