import type { IncomingMessage } from "node:http";
import { checkArgument } from "../../checks/check-argument.ts";

/**
 * The `authToken` of the official client (from version 1.8 on), or `undefined` if the client sent no token, or one that is malformed.
 * The token is in a header of the request, and not in its URL, because servers log URLs.
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
  // As in `Phoenix.Transports.WebSocket`: two tokens are ambiguous, and so none.
  const offered = offeredProtocols(request).filter(isAuthToken);
  const [token, ...others] = [
    ...offered.map((protocol) => decode(protocol.slice(PREFIX.length))),
    ...tokensInHeader(request),
  ];
  return others.length > 0 ? undefined : token;
}

/**
 * The request without its auth token: the token may have a `/` or `=`, which the name of a protocol may not, so `ws` would refuse it.
 * The request itself keeps its headers.
 */
export function withoutAuthToken(request: IncomingMessage): IncomingMessage {
  const offered = offeredProtocols(request);
  const protocols = offered.filter((name) => !isAuthToken(name));
  if (protocols.length === offered.length) return request;
  const { "sec-websocket-protocol": _, ...others } = request.headers;
  const headers =
    protocols.length === 0 ? others : { ...others, "sec-websocket-protocol": protocols.join(", ") };
  return Object.create(request, { headers: { value: headers } }) as IncomingMessage;
}

/** Over long polling, the official client has a header for its token. Node joins the values of a header that is sent twice. */
function tokensInHeader({ headers, headersDistinct }: IncomingMessage): readonly string[] {
  const { [HEADER]: joined } = headers;
  if (typeof joined !== "string") return [];
  return headersDistinct?.[HEADER] ?? [joined];
}

function offeredProtocols({ headers }: IncomingMessage): string[] {
  const { "sec-websocket-protocol": offered } = headers;
  return offered === undefined ? [] : offered.split(",").map((name) => name.trim());
}

function isAuthToken(protocol: string): boolean {
  return protocol.startsWith(PREFIX);
}

/**
 * The client encodes with `btoa`, which takes one byte for each letter, and drops the padding. Others encode UTF-8, use the URL-safe
 * alphabet as the prefix says, or keep the padding.
 */
function decode(encoded: string): string | undefined {
  if (!BASE64.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, "base64");
  const text = bytes.toString();
  return text.includes("\uFFFD") && !Buffer.from(text).equals(bytes) ? bytes.toString("latin1") : text;
}

const BASE64 = /^(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2}(?:==)?|[A-Za-z0-9+/_-]{3}=?)?$/;

const HEADER = "x-phoenix-authtoken";

const PREFIX = "base64url.bearer.phx.";
