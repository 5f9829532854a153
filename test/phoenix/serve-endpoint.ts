import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Endpoint } from "../../src/phoenix/endpoint.ts";
import { createEndpoint, type EndpointOptions, type ErrorOrigin } from "../../src/phoenix/index.ts";
import { RawClient } from "./raw-client.ts";

/** An endpoint on its own server, and the errors that it reported. */
export interface ServedEndpoint<Assigns extends object> {
  readonly endpoint: Endpoint<Assigns>;
  readonly server: Server;
  readonly port: number;
  readonly errors: (readonly [message: string, where: ErrorOrigin])[];
  /** Opens a WebSocket to the endpoint. */
  client(query?: string, options?: ConstructorParameters<typeof RawClient>[1]): Promise<RawClient>;
  url(query?: string): string;
}

/** Starts an endpoint. It closes with its server when the test ends. */
export async function serveEndpoint<Assigns extends object = Record<string, unknown>>(
  options: EndpointOptions<Assigns> = {},
  server: Server = createServer(),
): Promise<ServedEndpoint<Assigns>> {
  const errors: (readonly [string, ErrorOrigin])[] = [];
  const endpoint = await createEndpoint({
    onError: (error, where) => errors.push([error.message, where]),
    ...options,
  });
  endpoint.attach(server, { path: "/socket" });
  if (!server.listening) {
    server.listen(0);
    await once(server, "listening");
  }
  onTestFinished(async () => {
    await endpoint.close({ timeoutMs: 100 });
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const url = (query = "vsn=2.0.0"): string => `ws://localhost:${port}/socket/websocket?${query}`;
  const client: ServedEndpoint<Assigns>["client"] = (query, options) =>
    new RawClient(url(query), options).open();
  return { endpoint, server, port, errors, client, url };
}
