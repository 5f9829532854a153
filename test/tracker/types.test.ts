import { describe, expectTypeOf, it } from "vitest";
import type { DeepReadonly, Diff, Meta, PresenceMeta } from "../../src/payload.ts";
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
