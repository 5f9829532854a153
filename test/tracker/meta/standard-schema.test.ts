import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";
import type { Json, Meta } from "../../../src/payload.ts";
import { admitMeta } from "../../../src/tracker/meta/admit-meta.ts";
import type { JsonObject } from "../../../src/tracker/meta/meta-types.ts";
import { type MetaSchema, metaOf } from "../../../src/tracker/meta/standard-schema.ts";

const schemas: [vendor: string, schema: MetaSchema<{ device: string }>][] = [
  ["zod", z.strictObject({ device: z.string().trim() })],
  ["valibot", v.strictObject({ device: v.pipe(v.string(), v.trim()) })],
];

const invalid = (message: string) =>
  expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) });

describe.each(schemas)("a schema of %s", (vendor, schema) => {
  it("decides which meta is tracked", () => {
    expect(admitMeta({ device: " phone " }, schema, 100)).toEqual({ device: "phone" });
  });

  it("refuses a meta with the path and the reason", () => {
    const message = `meta does not fit its schema (${vendor}): meta.device: Invalid`;
    expect(() => admitMeta({ device: 5 }, schema, 100)).toThrow(invalid(message));
    expect(() => admitMeta("phone", schema, 100)).toThrow(
      invalid(`meta does not fit its schema (${vendor})`),
    );
  });

  it("does not get the refs of a meta that was read and passed back", () => {
    const read = { device: "phone", phx_ref: "tokyo.3", phx_ref_prev: "tokyo.1" };
    expect(admitMeta(read, schema, 100)).toEqual({ device: "phone" });
  });
});

describe("a schema", () => {
  it("must return plain JSON", () => {
    const schema = z.object({ since: z.coerce.date() });
    expect(() => admitMeta({ since: 0 }, schema, 100)).toThrow(invalid("meta.since is a Date"));
  });

  it("has the size of its output limited, not of its input", () => {
    const schema = z.object({ bio: z.string().transform((bio) => bio.slice(0, 10)) });
    expect(admitMeta({ bio: "x".repeat(1_000) }, schema, 100)).toEqual({ bio: "x".repeat(10) });
  });

  it.each([
    ["zod", z.object({ device: z.string().refine(async () => false) })],
    ["valibot", v.objectAsync({ device: v.string() })],
  ])("that returns a promise is refused, as track is synchronous: %s", (vendor, schema) => {
    const message = `The schema of meta (${vendor}) returned a promise; track and update are synchronous`;
    expect(() => admitMeta({ device: "phone" }, schema, 100)).toThrow(invalid(message));
  });

  it("whose promise rejects later does not end the process", async () => {
    const rejections: unknown[] = [];
    const note = (error: unknown) => rejections.push(error);
    process.on("unhandledRejection", note);
    const validate = () => Promise.reject(new Error("the database is gone"));
    const schema: MetaSchema = { "~standard": { version: 1, vendor: "ours", validate } };
    expect(() => admitMeta({}, schema, 100)).toThrow(invalid("returned a promise"));
    // Node reports unhandled rejections before the next immediate.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(rejections).toEqual([]);
  });

  it("has its first ten issues listed, with paths as in code", () => {
    const issues = [
      { message: "no", path: ["devices", 2, { key: "last seen" }] },
      { message: "all of it" },
      { message: "odd", path: [Symbol("tag")] },
      ...Array.from({ length: 9 }, (_, at) => ({ message: "more", path: [at] })),
    ];
    const schema: MetaSchema = { "~standard": { version: 1, vendor: "ours", validate: () => ({ issues }) } };
    const listed =
      '(ours): meta.devices[2]["last seen"]: no; meta: all of it; meta[Symbol(tag)]: odd; meta[0]: more;';
    expect(() => admitMeta({}, schema, 100)).toThrow(invalid(listed));
    expect(() => admitMeta({}, schema, 100)).toThrow(/meta\[6\]: more; and 2 more$/);
  });
});

describe("metaOf", () => {
  it("changes nothing, and the meta is checked for JSON only", () => {
    const meta = metaOf<{ device: string }>();
    const given = { device: 5 };
    expect(admitMeta(given, meta, 100)).toBe(given);
    expect(() => admitMeta({ device: () => 5 }, meta, 100)).toThrow(invalid("meta.device is a function"));
  });

  it("accepts only types that survive as JSON", () => {
    interface Fine {
      device: string | null;
      seats?: readonly [number, number];
      inner?: { flags: Record<string, boolean> } | undefined;
      more: Json;
    }
    expectTypeOf(metaOf<Fine>()).toEqualTypeOf<MetaSchema<Fine>>();
    expectTypeOf(metaOf<Meta>()).toEqualTypeOf<MetaSchema<Meta>>();
    // @ts-expect-error: a Date becomes a string
    metaOf<{ since: Date }>();
    // @ts-expect-error: a Map becomes {}
    metaOf<{ rooms: Map<string, string> }>();
    // @ts-expect-error: a method is lost
    metaOf<{ device: string; stop(): void }>();
    // @ts-expect-error: an optional Date becomes a string, too
    metaOf<{ device: string; since?: Date }>();
    // @ts-expect-error: JSON has no bigint
    metaOf<{ ids: bigint[] }>();
  });
});

it("a type that JSON cannot hold fails with one sentence that names the member", () => {
  expectTypeOf<
    JsonObject<{ device: string; since: Date }>
  >().toEqualTypeOf<'A meta holds only JSON values, and its member "since" is not one.'>();
});

describe("the type of a schema's metas", () => {
  function typeOf<M extends object, I>(_schema: MetaSchema<M, I>): M {
    return {} as M;
  }

  it("is the type of its output", () => {
    const zod = z.object({ device: z.string(), at: z.string().transform(Number) });
    expectTypeOf(typeOf(zod)).toEqualTypeOf<{ device: string; at: number }>();
    expectTypeOf(typeOf(v.object({ device: v.string() }))).toEqualTypeOf<{ device: string }>();
  });

  it("must be an object type", () => {
    // @ts-expect-error: a meta is an object
    typeOf(z.string());
  });
});
