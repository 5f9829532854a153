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

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** Tokyo, alone unless it shares its pub/sub. It is closed when the test ends. */
export async function createTokyo(options: Partial<PresenceOptions> = {}): Promise<Presence> {
  const presence = await createPresence({ pubsub: memoryPubSub(), replicaName: "tokyo", ...options });
  open.push(() => presence.close());
  return presence;
}

/** Tokyo, and a server that shows it. */
export async function inspectTokyo(
  options: Partial<PresenceOptions> = {},
  inspectorOptions?: InspectorOptions,
): Promise<{ readonly presence: Presence; readonly url: string }> {
  const presence = await createTokyo(options);
  const { url } = await serveListener(inspector(presence, inspectorOptions));
  return { presence, url };
}

/** Serves on a port of its own, or on one that it had before; all of it is over when the test ends. */
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
  open.push(stop);
  const taken = (server.address() as AddressInfo).port;
  return { url: `http://localhost:${taken}`, port: taken, stop };
}
