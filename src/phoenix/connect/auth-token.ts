import type { IncomingMessage } from "node:http";
import { checkArgument } from "../../checks/check-argument.ts";

/**
 * The `authToken` of the official client (from version 1.8 on), or `undefined` if the client sent no token. The token is in a header of
 * the request, and not in its URL, because servers log URLs.
 *
 * @throws {InvalidArgumentError} for a value that is not a request; it is a `TypeError`.
 * @example
 * const endpoint = await createEndpoint({
 *   connect: async (_params, request) => {
 *     const user = await userOf(authTokenOf(request));
 *     return user && { assigns: { user }, id: `users:${user.id}` };
 *   },
 * });
 */
export function authTokenOf(request: IncomingMessage): string | undefined {
  const isRequest = typeof request?.headers === "object" && request.headers !== null;
  checkArgument("request", request, isRequest, "an IncomingMessage", "It is the second argument of connect.");
  const offered = request.headers["sec-websocket-protocol"]?.split(",") ?? [];
  const token = offered.map((name) => name.trim()).find((name) => name.startsWith(PREFIX));
  return token && Buffer.from(token.slice(PREFIX.length), "base64").toString();
}

const PREFIX = "base64url.bearer.phx.";
