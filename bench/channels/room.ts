import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { countOnly, createPresence, type Meta, memoryPubSub } from "../../src/index.ts";
import {
  type ChannelHandlers,
  type ChannelSocket,
  createEndpoint,
  presenceChannel,
} from "../../src/phoenix/index.ts";

/** The topic that everybody joins. */
export const ROOM = "room:lobby";

/** The key under which all stand where they are only counted. */
export const COUNTED = "users";

interface User {
  readonly user: string;
}

export interface RoomOptions {
  /** Whether clients get a number in place of the list. */
  readonly isCounted: boolean;
}

/** What a server tells the process that started it. */
export type FromRoom =
  | { readonly port: number }
  | {
      /** Of user and system, since the server was asked last. */
      readonly cpuMs: number;
      /** The most that was resident at any time, Node itself included. */
      readonly memoryBytes: number;
    };

/** What it is asked: what it took so far, or to broadcast so many messages, one each `everyMs`. */
export type ToRoom =
  | { readonly ask: "usage" }
  | { readonly ask: "broadcast"; readonly count: number; readonly everyMs: number; readonly bytes: number };

/** The server, in a process of its own, until that is killed. */
export async function serveRoom({ isCounted }: RoomOptions): Promise<void> {
  const endpoint = await createEndpoint<User>({
    connect: (params) => ({ assigns: { user: params.get("user")! } }),
    maxFrameBytes: 1_000_000,
  });
  endpoint.channel("room:*", isCounted ? await countedChannel() : await listedChannel());
  const server = createServer();
  endpoint.attach(server, { path: "/socket" });
  server.listen(0, "127.0.0.1", 4_096);
  await once(server, "listening");

  const tell = (what: FromRoom) => process.send!(what);
  let before = process.cpuUsage();
  process.on("message", (question: ToRoom) => {
    if (question.ask === "usage") {
      const { user, system } = process.cpuUsage(before);
      before = process.cpuUsage();
      tell({ cpuMs: (user + system) / 1_000, memoryBytes: process.resourceUsage().maxRSS * 1_024 });
      return;
    }
    const { count, everyMs, bytes } = question;
    const filling = "x".repeat(bytes);
    let sent = 0;
    const timer = setInterval(() => {
      endpoint.broadcast(ROOM, "news", { at: performance.timeOrigin + performance.now(), filling });
      if (++sent === count) clearInterval(timer);
    }, everyMs);
  });
  tell({ port: (server.address() as AddressInfo).port });
}

const OPTIONS = { pubsub: memoryPubSub(), diffWindowMs: 50 };

async function listedChannel(): Promise<ChannelHandlers<User>> {
  const presence = await createPresence(OPTIONS);
  return presenceChannel({ presence, key: ({ assigns: { user } }) => user, meta });
}

async function countedChannel(): Promise<ChannelHandlers<User>> {
  const presence = await createPresence({ ...OPTIONS, fetch: countOnly(COUNTED) });
  return presenceChannel({ presence, key: () => COUNTED, meta });
}

function meta({ assigns: { user } }: ChannelSocket<User>): Meta {
  return { name: user };
}
