import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admitMeta } from "../../../src/tracker/meta/admit-meta.ts";
import { formatPath } from "../../../src/tracker/meta/meta-errors.ts";
import { PROPERTY_RUNS } from "../../support/property-runs.ts";

const admit = (meta: unknown, maxBytes = 4_096) => admitMeta(meta, undefined, maxBytes);

const invalid = (message: string) =>
  expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) });

const tooLarge = (given: number, allowed: number) =>
  expect.objectContaining({ code: "LIMIT", limit: "maxMetaBytes", given, allowed });

/** Objects nested this deep. */
const nested = (depth: number): object => (depth === 1 ? {} : { in: nested(depth - 1) });

describe("a meta", () => {
  it.each([
    ["an object", { name: "alice", devices: [{ at: 1.5, seen: null, away: false }] }],
    ["an object without a prototype", Object.assign(Object.create(null), { name: "alice" })],
    ["an object of another realm", runInNewContext("({ name: 'alice', tags: [{}, []] })")],
    ["frozen", Object.freeze({ name: "alice" })],
    ["with members of any name", JSON.parse('{"__proto__":{"constructor":1},"hasOwnProperty":2,"toJSON":3}')],
    ["nested 32 deep", nested(32)],
    ["the same object twice", ((tag) => ({ one: tag, other: [tag, tag] }))({ name: "red" })],
  ])("may be %s, and is returned unchanged", (_, meta) => {
    expect(admit(meta)).toBe(meta);
  });

  class Device {
    name = "phone";
  }
  class Bare {}
  Object.setPrototypeOf(Bare.prototype, null);

  it.each<[message: string, meta: unknown]>([
    ['meta is "alice"; it must be a plain JSON object, such as { device: "phone" }', "alice"],
    ["meta is null", null],
    ["meta is undefined", undefined],
    ["meta is an array", []],
    ["meta is a function", () => ({})],
    [
      'meta is a Promise; it must be a plain JSON object, such as { device: "phone" }. Await it',
      Promise.resolve({}),
    ],
    ["meta is a Device", new Device()],
    ["meta is a Bare", new Bare()],
    ["meta is an object with a prototype of its own", Object.create({ name: "alice" })],
    ["meta is a Map", runInNewContext("new Map()")],
    ["meta.seen is a Date; a meta holds only JSON values", { seen: new Date(0) }],
    ["Use its toISOString().", { seen: new Date(0) }],
    ["meta.rooms is a Map", { rooms: new Map() }],
    ["meta.devices[2].seen is a Date", { devices: [{}, {}, { seen: new Date(0) }] }],
    ['meta["last seen"][0] is a bigint', { "last seen": [5n] }],
    ["meta.at is NaN", { at: Number.NaN }],
    ["meta.at is -Infinity", { at: Number.NEGATIVE_INFINITY }],
    ["meta.tag is a symbol", { tag: Symbol("red") }],
    ["meta.toJSON is a function", { toJSON: () => "anything" }],
    ["meta.tags[1] is undefined", { tags: ["red", undefined] }],
    ["meta.tags[0] is undefined", { tags: new Array(1) }],
    ["meta.device is a Device", { device: new Device() }],
    ["meta.tags is a Tags", { tags: new (class Tags extends Array {})() }],
    ["meta.bytes is a Uint8Array", { bytes: new Uint8Array(2) }],
    ["meta.name is a String", { name: new String("alice") }],
    ["meta.__proto__ is a Date", Object.fromEntries([["__proto__", new Date(0)]])],
    [`meta${".in".repeat(32)} is nested too deep; a meta nests at most 32`, nested(33)],
  ])("is refused: %s", (message, meta) => {
    expect(() => admit(meta)).toThrow(invalid(message));
  });

  it("is refused if it is circular, and the error names the circle", () => {
    const alice: Record<string, unknown> = { name: "alice" };
    alice["friends"] = [{ name: "bob", friend: alice }];
    expect(() => admit(alice)).toThrow(
      invalid("meta.friends[0].friend is meta again; a meta can't be circular"),
    );
    expect(() => admit({ user: alice })).toThrow(invalid("meta.user.friends[0].friend is meta.user again"));
  });

  it("is copied without its undefined members, as in JSON", () => {
    const meta = { name: "alice", device: undefined, inner: [{ at: undefined, seen: 1 }] };
    const admitted = admit(meta);
    expect(admitted).toStrictEqual({ name: "alice", inner: [{ seen: 1 }] });
    expect(meta).toHaveProperty("device");
  });
});

describe("our refs in a meta", () => {
  it("are neither checked nor counted", () => {
    const meta = { name: "alice", phx_ref: new Date(0), phx_ref_prev: "x".repeat(1_000) };
    expect(admit(meta, 16)).toBe(meta);
    expect(admit({ ...meta, away: undefined }, 16)).toStrictEqual({ name: "alice" });
  });

  it("are ordinary members inside nested objects", () => {
    expect(() => admit({ inner: { phx_ref: 5n } })).toThrow(invalid("meta.inner.phx_ref is a bigint"));
  });
});

describe("the size of a meta", () => {
  it("is the size of its JSON in bytes", () => {
    const meta = { name: "é🎉\n", at: -1.5e-300 };
    const bytes = Buffer.byteLength(JSON.stringify(meta));
    expect(admit(meta, bytes)).toBe(meta);
    expect(() => admit(meta, bytes - 1)).toThrow(tooLarge(bytes, bytes - 1));
    expect(() => admit(meta, 2)).toThrow(/^meta takes 34 bytes of JSON; maxMetaBytes is 2\. Track an id/);
  });

  it.each([
    ["text that JSON escapes", "\u0000".repeat(20)],
    ["halves of surrogate pairs", "\ud800".repeat(20)],
    ["the longest numbers", Array.from({ length: 20 }, () => -2.2250738585072014e-308)],
    ["text of three bytes a character", "\u20ac".repeat(20)],
  ])("is never underestimated: %s", (_, value) => {
    const meta = { value };
    const bytes = Buffer.byteLength(JSON.stringify(meta));
    expect(admit(meta, bytes)).toBe(meta);
    expect(() => admit(meta, bytes - 1)).toThrow(tooLarge(bytes, bytes - 1));
  });

  it("is not counted to the end if it is far too large, as shared objects could take exponential time", () => {
    let shared: object = { name: "alice" };
    for (let depth = 0; depth < 30; depth++) shared = { one: shared, other: shared };
    expect(() => admit(shared)).toThrow(/^meta takes \d+ or more bytes of JSON; maxMetaBytes is 4096/);
  });
});

describe("any JSON object", () => {
  /** Any name, including `__proto__`, the empty name and half surrogate pairs. */
  const name = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("__proto__", "constructor", "a", "phx_ref"),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6, depthSize: "small" },
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
      ),
      fc.array(tie("value"), { maxLength: 5 }),
      fc.dictionary(name, tie("value"), { maxKeys: 5, noNullPrototype: false }),
    ),
  }));
  const metas = fc.dictionary(
    name.filter((member) => member !== "phx_ref"),
    value,
    { minKeys: 1, maxKeys: 8, size: "max" },
  ) as fc.Arbitrary<object>;

  it("is admitted at the size of its JSON and refused with one byte less", () => {
    const property = fc.property(metas, (meta) => {
      const bytes = Buffer.byteLength(JSON.stringify(meta));
      expect(admit(meta, bytes)).toBe(meta);
      expect(() => admit(meta, bytes - 1)).toThrow(expect.objectContaining({ code: "LIMIT" }));
    });
    fc.assert(property, { numRuns: PROPERTY_RUNS });
  });

  it("is refused with its path if any member is not JSON", () => {
    const foreign = fc.constantFrom<unknown>(
      new Date(0),
      new Map(),
      5n,
      Symbol("x"),
      () => 0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      new (class Device {})(),
    );
    const property = fc.property(metas, foreign, fc.nat(), (meta, planted, seed) => {
      const places = placesIn(meta);
      const path = places[seed % places.length]!;
      const message = `${formatPath("meta", path)} is `;
      expect(() => admit(withAt(meta, path, planted), 1_000_000)).toThrow(invalid(message));
    });
    fc.assert(property, { numRuns: PROPERTY_RUNS });
  });
});

type Path = readonly (string | number)[];

/** The paths of all nested values. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const inside = Object.entries(value).flatMap(([name, member]) =>
    placesIn(member, [...path, Array.isArray(value) ? Number(name) : name]),
  );
  return path.length === 0 ? inside : [path, ...inside];
}

/** A copy with the value `planted` at the path. */
function withAt(value: unknown, [name, ...rest]: Path, planted: unknown): unknown {
  if (name === undefined) return planted;
  if (Array.isArray(value))
    return value.map((member, at) => (at === name ? withAt(member, rest, planted) : member));
  return Object.fromEntries(
    Object.entries(value as object).map(([member, inner]) => [
      member,
      member === name ? withAt(inner, rest, planted) : inner,
    ]),
  );
}
