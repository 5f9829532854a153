import { expectTypeOf, it } from "vitest";
import * as z from "zod";
import { type Counts, countOnly, createPresence, memoryPubSub, metaOf, type Owner } from "../../src/index.ts";
import {
  type ChannelHandlers,
  type ChannelSocket,
  type ClientPayload,
  createEndpoint,
  presenceChannel,
} from "../../src/phoenix/index.ts";

it("infers the assigns of every handler from connect, which may be async", async () => {
  const endpoint = await createEndpoint({
    connect: async (params) => (params.has("user") ? { assigns: { user: params.get("user") } } : undefined),
  });
  endpoint.channel("room:*", {
    join(payload, { assigns }) {
      expectTypeOf(payload).toEqualTypeOf<ClientPayload>();
      expectTypeOf(assigns).toEqualTypeOf<{ user: string | null }>();
    },
    async afterJoin({ assigns }) {
      expectTypeOf(assigns.user).toEqualTypeOf<string | null>();
    },
  });
  const plain = await createEndpoint();
  plain.channel("room:*", {
    join(_payload, { assigns }) {
      expectTypeOf(assigns).toEqualTypeOf<Record<string, unknown>>();
    },
  });
});

it("checks the events that a channel sends against their declaration", async () => {
  const endpoint = await createEndpoint();
  endpoint.channel<{ said: { text: string } }>("room:*", {
    join(_payload, socket) {
      socket.push("said", { text: "hello" });
      // @ts-expect-error there is no such event
      socket.push("shouted", { text: "hello" });
      // @ts-expect-error its payload has a text
      socket.broadcast("said", { words: 1 });
    },
  });
  // @ts-expect-error a response is an object
  endpoint.channel("a", { join: () => ({ ok: 5 }) });
  // @ts-expect-error a reply is one of three
  endpoint.channel("b", { join: () => {}, handleIn: () => ({ oh: {} }) });
});

it("accepts a presence with any metas and projection", async () => {
  const endpoint = await createEndpoint({ connect: () => ({ assigns: { user: "alice" } }) });
  const presence = await createPresence({ pubsub: memoryPubSub(), fetch: countOnly("users") });
  const room = presenceChannel({
    presence,
    key: ({ assigns }: ChannelSocket<{ user: string }>) => assigns.user,
  });
  expectTypeOf(room).toEqualTypeOf<ChannelHandlers<{ user: string }>>();
  endpoint.channel("room:*", room);
  endpoint.channel(
    "inline:*",
    presenceChannel({ presence, key: ({ assigns }) => assigns.user.toUpperCase() }),
  );
  expectTypeOf(await presence.list("room:a")).toEqualTypeOf<Counts<"users">>();
  expectTypeOf<ChannelSocket>().toExtend<Owner>();
  await presence.close();
});

it("requires the meta of a presence channel if the presence requires one, in the input type of its schema", () => {
  const pubsub = memoryPubSub();
  const key = () => "alice";
  const calls = async () => {
    const named = await createPresence({ pubsub, meta: metaOf<{ name: string }>() });
    // @ts-expect-error The meta needs a name.
    presenceChannel({ presence: named, key });
    // @ts-expect-error An empty meta has no name.
    presenceChannel({ presence: named, key, meta: () => ({}) });
    presenceChannel({ presence: named, key, meta: async () => ({ name: "Alice" }) });
    presenceChannel({ presence: named, key, meta: ({ topic }) => ({ name: topic.toUpperCase() }) });

    const plain = await createPresence({ pubsub });
    presenceChannel({ presence: plain, key });
    presenceChannel({ presence: plain, key, meta: ({ topic }) => ({ topic }) });

    const since = z.object({ device: z.string(), since: z.number().default(0) });
    const dated = await createPresence({ pubsub, meta: since, fetch: countOnly("alice") });
    presenceChannel({ presence: dated, key, meta: () => ({ device: "phone" }) });
    // @ts-expect-error The device has no default.
    presenceChannel({ presence: dated, key, meta: () => ({ since: 7 }) });
  };
  expectTypeOf(calls).toBeFunction();
});
