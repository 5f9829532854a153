import * as v from "valibot";
import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import type { DeepReadonly, Diff, Meta, PresenceMeta } from "../../src/payload.ts";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { createTracker } from "../../src/tracker/create-tracker.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";

describe("the types of a tracker", () => {
  it("are readonly at any depth for readers, as metas are frozen and listeners share a diff", () => {
    type Tags = { tags: string[] };
    const read = (tracker: Tracker<Tags>) => {
      const [meta] = tracker.getByKey("lobby", "alice");
      // @ts-expect-error A meta is frozen.
      meta!.tags.push("guest");
      tracker.on("diff", (diff) => {
        // @ts-expect-error All listeners share it.
        delete diff.get("lobby")!.joins["alice"];
      });
      tracker.track("tab", "lobby", "bob", meta!);
      tracker.update("tab", "lobby", "alice", ({ tags }) => ({ tags: [...tags, "guest"] }));
    };
    expectTypeOf(read).toBeFunction();
    expectTypeOf<Diff extends ReadonlyMap<string, { joins: infer S }> ? S : never>().toExtend<
      DeepReadonly<{ [key: string]: { metas: PresenceMeta[] } }>
    >();
  });

  it("leave a type that is readonly already as it is", () => {
    expectTypeOf<DeepReadonly<Meta>>().toEqualTypeOf<Meta>();
    type Branded = string & { readonly brand: "id" };
    expectTypeOf<DeepReadonly<{ id: Branded }>>().toEqualTypeOf<{ readonly id: Branded }>();
  });
});

describe("the meta argument of track", () => {
  it("is required if the meta type has required members, and optional otherwise", () => {
    const calls = (
      named: Tracker<{ name: string }>,
      optional: Tracker<{ typing?: boolean }>,
      any: Tracker,
    ) => {
      // @ts-expect-error The meta needs a name.
      named.track("tab", "lobby", "alice");
      // @ts-expect-error An empty meta has no name.
      named.track("tab", "lobby", "alice", {});
      named.track("tab", "lobby", "alice", { name: "Alice" });
      optional.track("tab", "lobby", "alice");
      optional.track("tab", "lobby", "alice", { typing: true });
      // @ts-expect-error The type has no such member.
      optional.track("tab", "lobby", "alice", { name: "Alice" });
      any.track("tab", "lobby", "alice");
      any.track("tab", "lobby", "alice", { name: "Alice" });
    };
    expectTypeOf(calls).toBeFunction();
  });
});

describe("a schema with defaults", () => {
  const byZod = z.object({ since: z.number().default(0), tags: z.array(z.string()).optional() });
  const byValibot = v.object({ since: v.optional(v.number(), 0), tags: v.optional(v.array(v.string())) });

  it("gives track its input type and readers its output type", () => {
    const pubsub = memoryPubSub();
    const made = {
      zod: () => createTracker({ pubsub, meta: byZod }),
      valibot: () => createTracker({ pubsub, meta: byValibot }),
    };
    const calls = async () => {
      for (const tracker of [await made.zod(), await made.valibot()]) {
        tracker.track("tab", "lobby", "alice");
        tracker.track("tab", "lobby", "alice", { tags: ["guest"] });
        // @ts-expect-error The schema takes a number.
        tracker.track("tab", "lobby", "alice", { since: "today" });
        tracker.update("tab", "lobby", "alice", (meta) => ({ ...meta, since: meta.since + 1 }));
        tracker.update("tab", "lobby", "alice", {});
        expectTypeOf(tracker.getByKey("lobby", "alice")[0]!.since).toEqualTypeOf<number>();
      }
    };
    expectTypeOf(calls).toBeFunction();
  });
});
