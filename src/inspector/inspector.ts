import type { IncomingMessage, ServerResponse } from "node:http";
import { checkArgument } from "../checks/check-argument.ts";
import type { Inspectable } from "./inspectable.ts";
import { inspect } from "./inspection.ts";
import { type InspectorOptions, resolveInspectorOptions } from "./inspector-options.ts";
import { contentSecurityPolicy, page } from "./page.ts";
import { throttled } from "./throttled.ts";
import { WarningLog } from "./warnings.ts";

/**
 * A request handler for any Node server: to GET, a page or JSON.
 *
 * @example
 * const inspect: Inspector = inspector(presence);
 * createServer(inspect).listen(4001, "127.0.0.1");
 */
export interface Inspector {
  (request: IncomingMessage, response: ServerResponse): void;
  /** Listens to warnings no more. Requests are answered all the same. */
  close(): void;
}

/**
 * Shows a running presence, or tracker: a page with replicas, topics and their counts, traffic and warnings, and the same as
 * JSON. There are no keys and no metas in it, and it changes nothing; but it names topics and machines, and asks
 * nobody who they are. **Let only those reach it who may see that.**
 *
 * It costs nothing while nobody looks. However many look, the numbers are gathered four times a second at most.
 *
 * @throws {InvalidArgumentError} for what is no presence, or an option of the wrong kind; it is a `TypeError`.
 * @example
 * createServer(inspector(presence)).listen(4001, "127.0.0.1"); // for this machine only
 * app.use("/presence", onlyForAdmins, inspector(presence)); // Express
 */
export function inspector(inspected: Inspectable, options: InspectorOptions = {}): Inspector {
  const isInspected = typeof inspected?.replicas === "function" && typeof inspected.traffic === "function";
  checkArgument("presence", inspected, isInspected, "a presence or a tracker", "Await what creates it.");
  const { path, maxTopics } = resolveInspectorOptions(options);
  const warnings = new WarningLog(inspected);
  const json = throttled(() => JSON.stringify(inspect(inspected, warnings.latest, maxTopics)));
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const wanted = wantedOf(request, path);
    if (wanted === undefined) send(response, 404, "text/plain", "There is nothing here.\n");
    else if (request.method !== "GET" && request.method !== "HEAD") {
      send(response, 405, "text/plain", "GET only.\n", { allow: "GET, HEAD" });
    } else if (wanted === "json") send(response, 200, "application/json", json());
    else send(response, 200, "text/html", page);
  };
  return Object.assign(handle, { close: () => warnings.close() });
}

function wantedOf({ url = "", headers }: IncomingMessage, path: string): "page" | "json" | undefined {
  const [address, query] = url.split("?", 2);
  if (address === `${path}/json`) return "json";
  if (address !== path && address !== `${path}/`) return undefined;
  const { accept = "" } = headers;
  const prefersJson = accept.includes("application/json") && !accept.includes("text/html");
  return prefersJson || new URLSearchParams(query).has("json") ? "json" : "page";
}

function send(response: ServerResponse, status: number, type: string, body: string, more: object = {}): void {
  response.writeHead(status, {
    "content-type": `${type}; charset=utf-8`,
    "cache-control": "no-store",
    "content-security-policy": contentSecurityPolicy,
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    ...more,
  });
  response.end(body);
}
