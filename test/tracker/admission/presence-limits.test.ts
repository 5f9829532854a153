import { describe, expect, it } from "vitest";
import { assertBelowLimit } from "../../../src/tracker/admission/presence-limits.ts";

describe("assertBelowLimit", () => {
  it("allows presences up to the limit, and any number when the limit is Infinity", () => {
    assertBelowLimit("maxPerOwner", 4, 5);
    assertBelowLimit("maxPerTopic", Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY);
  });

  it.each([
    ["maxPerOwner", "This owner already holds 5 presences; maxPerOwner is 5."],
    ["maxPerKey", "This key of this topic already holds 5 presences; maxPerKey is 5."],
    ["maxPerTopic", "This topic already holds 5 presences; maxPerTopic is 5."],
  ] as const)("refuses one presence more than %s", (limit, message) => {
    const full = { code: "LIMIT", limit, given: 6, allowed: 5, message: expect.stringContaining(message) };
    expect(() => assertBelowLimit(limit, 5, 5)).toThrow(expect.objectContaining(full));
  });
});
