import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createPresence, memoryPubSub, metaOf } from "../../src/index.ts";
import { createEndpoint, presenceChannel, UnhandledEventError } from "../../src/phoenix/index.ts";
import { listen } from "../support/listen.ts";
import { buildPage, servePage } from "../support/vite-page.ts";
import type { ChatRoomSettings } from "./chat-room-settings.ts";
import { deviceOf, isTyping, textOf } from "./client-input.ts";
import { type ChatMessage, type DeviceMeta, maxTextLength, nameOf, topic } from "./room.ts";
import config from "./vite.config.ts";

/** The user and the device of a connection. */
type ConnectedDevice = { readonly name: string; readonly device: DeviceMeta["device"] };

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

  const endpoint = await createEndpoint<ConnectedDevice>({
    pubsub,
    connect(params) {
      // A real application looks up a token here, as docs/channel-counts.md does.
      const name = nameOf(params.get("name") ?? "");
      return name !== undefined && { assigns: { name, device: deviceOf(params.get("device")) } };
    },
  });

  /** The last 50 messages, for users who join later. A real application keeps them in a database. */
  const messages: ChatMessage[] = [];

  endpoint.channel<{ message: ChatMessage }>(
    topic,
    presenceChannel({
      presence,
      join: () => ({ ok: { messages } }),
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
            if (text === undefined)
              return { error: { reason: `a message has 1 to ${maxTextLength} characters` } };
            const message = { id: randomUUID(), author: name, text };
            messages.splice(0, messages.length - 49);
            messages.push(message);
            socket.broadcast("message", message);
            return { ok: {} };
          }
          default:
            throw new UnhandledEventError(event);
        }
      },
    }),
  );

  const server = createServer(servePage(await buildPage(config), "/", (path) => path === "/"));
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
