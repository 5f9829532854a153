import { type Endpoint, subscribedEndpoint } from "./endpoint.ts";
import type { EndpointOptions } from "./endpoint-options.ts";

/**
 * Makes an endpoint, which speaks Phoenix Channels with its clients. Add channels to it, and attach it to a server. If it has a
 * `pubsub`, the promise resolves when the endpoint is subscribed to it, and rejects if that fails. The type of `assigns` is inferred
 * from `connect`.
 *
 * @throws {InvalidArgumentError} for an option of the wrong type or out of its bounds; it is a `TypeError`.
 * @example
 * const endpoint = await createEndpoint({
 *   connect: (params) => ({ assigns: { userId: params.get("user") ?? "anonymous" } }),
 * });
 * endpoint.channel("room:*", { join: (_payload, { assigns }) => ({ ok: { you: assigns.userId } }) });
 * endpoint.attach(server, { path: "/socket" });
 */
export async function createEndpoint<Assigns extends object = Record<string, unknown>>(
  options: EndpointOptions<Assigns> = {},
): Promise<Endpoint<Assigns>> {
  return subscribedEndpoint(options);
}
