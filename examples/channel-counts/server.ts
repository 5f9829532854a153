import { createServer } from "node:http";
import { type Counts, countOnly, createPresence, type Fetch, memoryPubSub, metaOf } from "../../src/index.ts";
import { createEndpoint, presenceChannel } from "../../src/phoenix/index.ts";
import { listen } from "../support/listen.ts";
import { buildPage, servePage } from "../support/vite-page.ts";
import type { ChannelCountsSettings } from "./channel-counts-settings.ts";
import { filmOf, films, pathOf } from "./films.ts";
import { userIdOf } from "./sessions.ts";
import config from "./vite.config.ts";

/** The meta of a user or viewer. It stays on the server. */
export type WatcherMeta = { readonly userId?: string };

/** The only data that pages get. */
export type AudienceCounts = Counts<"users" | "viewers">;

/** A running server. */
export interface ChannelCountsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the server. Tests pass a `fetch` of their own. */
export async function startServer(
  { port, leaveDelayMs, diffWindowMs }: ChannelCountsSettings,
  fetch: Fetch<WatcherMeta, AudienceCounts> = countOnly("viewers", "users"),
): Promise<ChannelCountsServer> {
  const pubsub = memoryPubSub();
  const presence = await createPresence({
    pubsub,
    meta: metaOf<WatcherMeta>(),
    fetch,
    leaveDelayMs,
  });
  presence.on("error", (error) => console.error(error.message));
  presence.on("warning", (warning) => console.warn(warning.message));

  const endpoint = await createEndpoint<WatcherMeta>({
    pubsub,
    connect(params) {
      const userId = userIdOf(params.get("token"));
      return userId === undefined ? { assigns: {} } : { assigns: { userId }, id: `users:${userId}` };
    },
  });

  endpoint.channel(
    "film:*",
    presenceChannel({
      presence,
      diffWindowMs,
      join: (_payload, { topic }) =>
        filmOf(topic.slice("film:".length)) ? undefined : { error: { reason: "no such film" } },
      key: ({ assigns }) => (assigns.userId === undefined ? "viewers" : "users"),
      meta: ({ assigns: { userId } }) => (userId === undefined ? {} : { userId }),
    }),
  );

  const isPage = (path: string) => films.some((film) => pathOf(film) === path);
  const server = createServer(servePage(await buildPage(config), pathOf(films[0]!), isPage));
  endpoint.attach(server, { path: "/socket" });

  return {
    port: await listen(server, port),
    async close() {
      // First, so that the pages get no leaves for the sockets that this server closes.
      await presence.close();
      await endpoint.close();
      server.close();
      server.closeIdleConnections();
      await pubsub.close();
    },
  };
}
