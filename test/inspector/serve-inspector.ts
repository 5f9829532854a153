import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import { inspector } from "../../src/inspector/inspector.ts";
import type { InspectorOptions } from "../../src/inspector/inspector-options.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import type { Presence } from "../../src/presence/presence.ts";
import type { PresenceOptions } from "../../src/presence/presence-options.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((close) => close()));
});

/** Creates the presence tokyo, which closes when the test ends. It is alone unless the options share a pub/sub. */
export async function createTokyo(options: Partial<PresenceOptions> = {}): Promise<Presence> {
  const presence = await createPresence({ pubsub: memoryPubSub(), replicaName: "tokyo", ...options });
  cleanups.push(() => presence.close());
  return presence;
}

/** Creates tokyo and a server with its inspector. */
export async function inspectTokyo(
  options: Partial<PresenceOptions> = {},
  inspectorOptions?: InspectorOptions,
): Promise<{ readonly presence: Presence; readonly url: string }> {
  const presence = await createTokyo(options);
  const { url } = await serveListener(inspector(presence, inspectorOptions));
  return { presence, url };
}

/** Starts a server on a free or on the given port. It stops when the test ends. */
export async function serveListener(
  listener: RequestListener,
  port = 0,
): Promise<{ readonly url: string; readonly port: number; stop(): Promise<void> }> {
  const server = createServer(listener);
  server.listen(port, "localhost");
  await once(server, "listening");
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  cleanups.push(stop);
  const actualPort = (server.address() as AddressInfo).port;
  return { url: `http://localhost:${actualPort}`, port: actualPort, stop };
}
