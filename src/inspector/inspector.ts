import type { IncomingMessage, ServerResponse } from "node:http";
import { checkArgument } from "../checks/check-argument.ts";
import { hostCheck, hostOf, isName } from "./allowed-hosts.ts";
import type { Inspectable } from "./inspectable.ts";
import { inspect } from "./inspection.ts";
import { type InspectorOptions, resolveInspectorOptions } from "./inspector-options.ts";
import { contentSecurityPolicy, page } from "./page.ts";
import { throttled } from "./throttled.ts";
import { WarningLog } from "./warnings.ts";

/**
 * A request handler for any Node server. It answers GET requests with a page or with JSON.
 *
 * @example
 * const inspect: Inspector = inspector(presence);
 * createServer(inspect).listen(4001, "127.0.0.1");
 */
export interface Inspector {
  (request: IncomingMessage, response: ServerResponse): void;
  /** Stops listening to warnings. The handler still answers requests. */
  close(): void;
}

/**
 * Creates a request handler that shows a running presence or tracker, as a page and as JSON: its replicas, topics
 * with their counts, traffic and warnings. It is read-only and shows no keys and no metas. But it shows the names
 * of topics and machines, and it has no authentication. **Restrict access to it.** It answers only for hosts that
 * `allowedHosts` admits.
 *
 * It costs nothing until it is requested. The numbers are collected at most four times a second, for all clients
 * together.
 *
 * @throws {InvalidArgumentError} for a value that is neither a presence nor a tracker, or for an invalid option; it
 * is a `TypeError`.
 * @example
 * createServer(inspector(presence)).listen(4001, "127.0.0.1"); // for this machine only
 * app.use("/presence", onlyForAdmins, inspector(presence)); // Express
 */
export function inspector(inspectable: Inspectable, options: InspectorOptions = {}): Inspector {
  const isInspectable =
    typeof inspectable?.replicas === "function" && typeof inspectable.traffic === "function";
  checkArgument("presence", inspectable, isInspectable, "a presence or a tracker", "Await what creates it.");
  const { path, maxTopics, allowedHosts } = resolveInspectorOptions(options);
  const isAllowed = allowedHosts === true ? () => true : hostCheck(allowedHosts);
  const warnings = new WarningLog(inspectable);
  const json = throttled(() => JSON.stringify(inspect(inspectable, warnings.latest, maxTopics)));
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const host = hostOf(request);
    const format = formatOf(request, path);
    if (!isAllowed(host)) send(response, 403, "text/plain", refusalOf(host));
    else if (format === undefined) send(response, 404, "text/plain", "Not found.\n");
    else if (request.method !== "GET" && request.method !== "HEAD") {
      send(response, 405, "text/plain", "Method not allowed. Use GET.\n", { allow: "GET, HEAD" });
    } else if (format === "json") send(response, 200, "application/json", json());
    else send(response, 200, "text/html", page);
  };
  return Object.assign(handle, { close: () => warnings.close() });
}

function refusalOf(host: string | undefined): string {
  // A name that no browser would send needs no advice.
  const name = host?.replace(/:\d*$/, "");
  if (name === undefined || !isName(name)) return "Forbidden: the request names no host.\n";
  return (
    `Forbidden: the inspector does not answer for the host ${name}. If this is the name of your server, allow it with\n` +
    `inspector(presence, { allowedHosts: ["${name}"] }). Otherwise open the inspector at localhost or at an IP address.\n`
  );
}

function formatOf({ url = "", headers }: IncomingMessage, path: string): "page" | "json" | undefined {
  const [address, query] = url.split("?", 2);
  if (address === `${path}/json`) return "json";
  if (address !== path && address !== `${path}/`) return undefined;
  const { accept = "" } = headers;
  const prefersJson = accept.includes("application/json") && !accept.includes("text/html");
  return prefersJson || new URLSearchParams(query).has("json") ? "json" : "page";
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: object = {},
): void {
  response.writeHead(status, {
    "content-type": `${type}; charset=utf-8`,
    "cache-control": "no-store",
    "content-security-policy": contentSecurityPolicy,
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(body);
}
