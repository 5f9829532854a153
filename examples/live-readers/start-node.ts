import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import {
  type Counts,
  countOnly,
  createPresence,
  type Meta,
  type Presence,
  type PubSub,
} from "../../src/index.ts";
import { inspector } from "../../src/inspector/index.ts";
import { describeBroker } from "../cluster/address.ts";
import { logOutages } from "../cluster/log-outages.ts";
import type { LiveReadersSettings } from "./live-readers-settings.ts";
import { bundleScript, servePages } from "./pages.ts";
import { serveSockets } from "./sockets.ts";

/** A presence whose readers and other nodes get only numbers. */
export type ReaderCounts = Presence<Meta, Counts<"readers">>;

/** A running node: a server and its presence. */
export interface LiveNode {
  readonly port: number;
  close(): Promise<void>;
}

export async function startNode(
  pubsub: PubSub,
  settings: LiveReadersSettings,
  number: number,
): Promise<LiveNode> {
  const { leaveDelayMs, diffWindowMs, broadcastPeriodMs } = settings;
  const presence: ReaderCounts = await createPresence({
    pubsub,
    fetch: countOnly("readers"),
    replicate: "counts",
    leaveDelayMs,
    diffWindowMs,
    broadcastPeriodMs,
  });
  if (settings.broker) logOutages(presence, pubsub, describeBroker(settings.broker));
  else logErrors(presence);

  const servedBy = `node ${number}, process ${process.pid} on ${hostname()}`;
  const servePage = servePages(presence, await bundleScript(), servedBy);
  const inspect = settings.inspector ? inspector(presence, { path: "/presence" }) : undefined;
  const server = createServer((request, response) => {
    const serve = request.url?.startsWith("/presence") ? inspect : undefined;
    (serve ?? servePage)(request, response);
  });
  const sockets = serveSockets(server, presence, settings.pingPeriodMs);

  // Before the initial sync, the node would show its first readers that they are alone.
  if (!(await presence.synced({ timeoutMs: 20_000 }))) console.warn("could not sync with all nodes");
  return {
    port: await listen(server, settings, number),
    async close() {
      // First, so that the other nodes keep the presences of the sockets that close next.
      const presenceClosed = presence.close();
      sockets.close();
      const serverClosed = once(server, "close");
      server.close();
      await Promise.all([presenceClosed, serverClosed]);
    },
  };
}

function logErrors(presence: ReaderCounts): void {
  presence.on("error", (error) => console.error(error.message));
  presence.on("warning", (warning) => console.warn(warning.message));
}

async function listen(
  server: Server,
  { port: first, isDefaultPort }: LiveReadersSettings,
  number: number,
): Promise<number> {
  for (let port = first && first + number - 1; ; port++) {
    // Without `exclusive`, the primary of node:cluster would listen and distribute the connections.
    server.listen({ port, exclusive: true });
    try {
      await once(server, "listening");
      return (server.address() as AddressInfo).port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      if (!isDefaultPort || port > first + 100) {
        throw new Error(
          `Port ${port} is in use. Pass another one with --port, or leave --port out to find a free one.`,
          {
            cause: error,
          },
        );
      }
    }
  }
}
