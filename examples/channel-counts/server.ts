import { createServer } from "node:http";
import {
  type Counts,
  countOnly,
  createPresence,
  memoryPubSub,
  metaOf,
  type PresenceOptions,
} from "../../src/index.ts";
import { createEndpoint, presenceChannel } from "../../src/phoenix/index.ts";
import { listen } from "../support/listen.ts";
import { publishedText } from "../support/published-text.ts";
import { buildPage, servePage } from "../support/vite-page.ts";
import type { ChannelCountsSettings } from "./channel-counts-settings.ts";
import { filmOf, films, pathOf, topicOf } from "./films.ts";
import { userIdOf } from "./sessions.ts";
import config from "./vite.config.ts";

/** The meta of a user or viewer. It stays in this process. */
export type WatcherMeta = { readonly userId?: string };

/** The only data that pages get. */
export type AudienceCounts = Counts<"users" | "viewers">;

/** A running server. */
export interface ChannelCountsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The options of the presence that tests replace. */
export type TestedOptions = Partial<
  Pick<PresenceOptions<WatcherMeta, AudienceCounts>, "pubsub" | "fetch" | "replicate">
>;

export async function startServer(
  { port, leaveDelayMs, diffWindowMs }: ChannelCountsSettings,
  tested: TestedOptions = {},
): Promise<ChannelCountsServer> {
  const { pubsub = memoryPubSub() } = tested;
  const presence = await createPresence({
    pubsub,
    meta: metaOf<WatcherMeta>(),
    fetch: countOnly("viewers", "users"),
    replicate: "counts",
    leaveDelayMs,
    ...tested,
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

  const showing = setInterval(() => {
    for (const topic of films.map(topicOf)) {
      const text = publishedText(presence, [topic], ["users", "viewers"]);
      endpoint.broadcast(topic, "published", { text }, { local: true });
    }
  }, 1_000);

  const isPage = (path: string) => films.some((film) => pathOf(film) === path);
  const server = createServer(servePage(await buildPage(config), pathOf(films[0]!), isPage));
  endpoint.attach(server, { path: "/socket" });

  return {
    port: await listen(server, port),
    async close() {
      clearInterval(showing);
      // First, so that the pages get no leaves for the sockets that this server closes.
      await presence.close();
      await endpoint.close();
      server.close();
      server.closeIdleConnections();
      await pubsub.close();
    },
  };
}
