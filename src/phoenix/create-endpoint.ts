import { Endpoint } from "./endpoint.ts";
import type { EndpointOptions } from "./endpoint-options.ts";

/**
 * Makes an endpoint, which speaks Phoenix Channels with clients: give it channels, and attach it to a server. Resolves when its
 * `pubsub`, if it has one, is subscribed, and rejects with its error. The type of `assigns` follows from `connect`.
 *
 * @throws {InvalidArgumentError} for an option of the wrong kind or out of its bounds; it is a `TypeError`.
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
  const endpoint = new Endpoint(options);
  await endpoint.subscribe();
  return endpoint;
}
