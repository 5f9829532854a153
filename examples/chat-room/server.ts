import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createPresence, memoryPubSub, metaOf } from "../../src/index.ts";
import { createEndpoint, presenceChannel, UnhandledEventError } from "../../src/phoenix/index.ts";
import { listen } from "../support/listen.ts";
import { buildPage, servePage } from "../support/vite-page.ts";
import type { ChatRoomSettings } from "./chat-room-settings.ts";
import { deviceOf, isTyping, textOf } from "./client-input.ts";
import { type ChatMessage, type DeviceMeta, longestText, nameOf, topic } from "./room.ts";
import config from "./vite.config.ts";

/** Who a connection is. */
type Guest = { readonly name: string; readonly device: DeviceMeta["device"] };

/** A running server. */
export interface ChatRoomServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startServer({ port, leaveDelayMs }: ChatRoomSettings): Promise<ChatRoomServer> {
  const pubsub = memoryPubSub();
  const presence = await createPresence({ pubsub, meta: metaOf<DeviceMeta>(), leaveDelayMs });
  presence.on("error", (error) => console.error(error.message));
  presence.on("warning", (warning) => console.warn(warning.message));

  const endpoint = await createEndpoint<Guest>({
    pubsub,
    connect(params) {
      // A product looks a token up here, as docs/channel-counts.md does.
      const name = nameOf(params.get("name") ?? "");
      return name !== undefined && { assigns: { name, device: deviceOf(params.get("device")) } };
    },
  });

  /** The last of them, for those who come. A product has them in a database. */
  const said: ChatMessage[] = [];

  endpoint.channel<{ said: ChatMessage }>(
    topic,
    presenceChannel({
      presence,
      join: () => ({ ok: { said } }),
      key: ({ assigns }) => assigns.name,
      meta: ({ assigns }) => ({ device: assigns.device, typing: false }),
      handleIn(event, payload, socket) {
        const { name } = socket.assigns;
        switch (event) {
          case "typing":
            presence.update(socket, topic, name, (meta) => ({ ...meta, typing: isTyping(payload) }));
            return;
          case "say": {
            const text = textOf(payload);
            if (text === undefined) return { error: { reason: `1 to ${longestText} characters` } };
            const message = { id: randomUUID(), by: name, text };
            said.splice(0, said.length - 49);
            said.push(message);
            socket.broadcast("said", message);
            return { ok: {} };
          }
          default:
            throw new UnhandledEventError(event);
        }
      },
      terminate(reason, socket) {
        // Who says that they go is not to be waited for.
        if (reason === "left") presence.untrack(socket);
      },
    }),
  );

  const server = createServer(servePage(await buildPage(config), "/", (path) => path === "/"));
  endpoint.attach(server, { path: "/socket" });

  return {
    port: await listen(server, port),
    async close() {
      // First, so that nobody is told of leaves that only are the server's own.
      await presence.close();
      await endpoint.close();
      server.close();
      server.closeIdleConnections();
      await pubsub.close();
    },
  };
}
