import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import type { Meta, PresenceMeta, State } from "../../src/payload.ts";
import { countOnly } from "../../src/presence/count-only.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import type { Presence } from "../../src/presence/presence.ts";
import type { PresenceMessage } from "../../src/presence/presence-message.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { metaOf } from "../../src/tracker/meta/standard-schema.ts";

const pubsub = memoryPubSub();
const meta = metaOf<{ device: string }>();
type Device = { device: string };
type Readers = { readers: { count: number } };

/** Never called: for the compiler only. */
const made = {
  plain: () => createPresence({ pubsub }),
  typed: () => createPresence({ pubsub, meta }),
  counted: () => createPresence({ pubsub, meta, fetch: countOnly("readers") }),
  named: () =>
    createPresence({
      pubsub,
      fetch: async (_topic, presences) =>
        Object.fromEntries(
          Object.entries(presences).map(([key, { metas }]) => [
            key,
            { name: key, devices: metas.map(({ device }) => device) },
          ]),
        ),
      meta,
    }),
  either: () =>
    createPresence({
      pubsub,
      fetch: (topic): Readers | Promise<Readers> => ({ readers: { count: topic.length } }),
    }),
};

describe("the types of a presence", () => {
  it("are those of raw presences without a fetch", () => {
    expectTypeOf(made.plain).returns.resolves.toEqualTypeOf<Presence<Meta, State>>();
    expectTypeOf(made.typed).returns.resolves.toEqualTypeOf<Presence<Device, State<Device>>>();
    expectTypeOf<Presence<Device>["list"]>().returns.resolves.toEqualTypeOf<State<Device>>();
    expectTypeOf<Presence<Device>["getByKey"]>().returns.resolves.toEqualTypeOf<
      { readonly metas: readonly PresenceMeta<Device>[] } | undefined
    >();
  });

  it("are readonly at any depth, as what readers get is frozen, except for what fetch gets", () => {
    type Tags = { tags: string[]; seen?: { at: number }[] };
    expectTypeOf<PresenceMeta<Tags>["tags"]>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<PresenceMeta<Tags>["seen"]>().toEqualTypeOf<
      readonly { readonly at: number }[] | undefined
    >();
    const read = async (presence: Presence<Tags>) => {
      const state = await presence.list("lobby");
      // @ts-expect-error A meta is frozen.
      state["alice"]!.metas[0]!.tags = [];
      // @ts-expect-error So are its members.
      state["alice"]!.metas[0]!.tags.push("guest");
      // @ts-expect-error All subscribers share the metas of a key.
      state["alice"]!.metas.pop();
      // @ts-expect-error They share the state too.
      delete state["alice"];
      presence.subscribe("lobby", (message) => {
        // @ts-expect-error A message is frozen.
        message.payload = {};
      });
      presence.update("tab", "lobby", "alice", (meta) => ({
        ...meta,
        seen: [...(meta.seen ?? []), { at: 7 }],
      }));
    };
    const hideAlice = () =>
      createPresence({
        pubsub,
        fetch: (_topic, presences) => {
          presences["bob"]?.metas.pop();
          delete presences["alice"];
          return presences;
        },
      });
    expectTypeOf([read, hideAlice]).toBeArray();
  });

  it("of list, getByKey, diff and subscribe follow from meta and fetch", () => {
    expectTypeOf(made.counted).returns.resolves.toEqualTypeOf<Presence<Device, Readers>>();
    type Counted = Presence<Device, Readers>;
    expectTypeOf<Counted["list"]>().returns.resolves.toEqualTypeOf<Readers>();
    expectTypeOf<Counted["counts"]>().returns.toEqualTypeOf<Readers>();
    expectTypeOf<Counted["getByKey"]>().returns.resolves.toEqualTypeOf<{ count: number } | undefined>();
    expectTypeOf<Counted["subscribe"]>().parameter(1).parameter(0).toEqualTypeOf<PresenceMessage<Readers>>();
    expectTypeOf<Counted["track"]>().parameter(3).toEqualTypeOf<Readonly<Device>>();
    const read = (presence: Counted) => {
      presence.on("diff", (diff) => {
        expectTypeOf(diff.get("lobby")!.joins).toEqualTypeOf<Readers>();
      });
      presence.subscribe("lobby", (message) => {
        if (message.event === "presence_state") expectTypeOf(message.payload.readers.count).toBeNumber();
        else expectTypeOf(message.payload.leaves.readers.count).toBeNumber();
      });
    };
    expectTypeOf(read).toBeFunction();
  });

  it("follow from an asynchronous fetch, and from one that may be either", () => {
    expectTypeOf(made.named).returns.resolves.toEqualTypeOf<
      Presence<Device, { [key: string]: { name: string; devices: string[] } }>
    >();
    expectTypeOf(made.either).returns.resolves.toEqualTypeOf<Presence<Meta, Readers>>();
  });

  it("require a meta if its type has required members", () => {
    const calls = (named: Presence<Device>, any: Presence, optional: Presence<{ device?: string }>) => {
      // @ts-expect-error The meta needs a device.
      named.track("tab", "lobby", "alice");
      named.track("tab", "lobby", "alice", { device: "phone" });
      any.track("tab", "lobby", "alice");
      optional.track("tab", "lobby", "alice");
    };
    expectTypeOf(calls).toBeFunction();
  });

  it("are the input of a schema for track, and its output for readers and fetch", () => {
    const since = z.object({ device: z.string(), since: z.number().default(0) });
    const make = () =>
      createPresence({
        pubsub,
        meta: since,
        fetch: (_topic, presences) => {
          expectTypeOf(presences["alice"]!.metas[0]!.since).toEqualTypeOf<number>();
          return { first: presences["alice"]!.metas[0]!.since };
        },
      });
    const calls = async () => {
      const presence = await make();
      presence.track("tab", "lobby", "alice", { device: "phone" });
      // @ts-expect-error The device has no default.
      presence.track("tab", "lobby", "alice", {});
      presence.update("tab", "lobby", "alice", (meta) => ({ ...meta, since: meta.since + 1 }));
      expectTypeOf(await presence.list("lobby")).toEqualTypeOf<{ first: number }>();
    };
    expectTypeOf(calls).toBeFunction();
  });

  it("refuse a fetch for other metas, or one that returns no object", () => {
    const byColour = (_topic: string, presences: State<{ colour: string }>) => presences;
    // @ts-expect-error The metas have a device, not a colour.
    const wrongMeta = () => createPresence({ pubsub, meta, fetch: byColour });
    // @ts-expect-error A number is no projection.
    const noObject = () => createPresence({ pubsub, fetch: () => 7 });
    expectTypeOf([wrongMeta, noObject]).toBeArray();
  });
});
