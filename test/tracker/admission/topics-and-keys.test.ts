import { describe, expect, it } from "vitest";
import { admitKey, admitTopic } from "../../../src/tracker/admission/topics-and-keys.ts";

const invalid = (message: string) =>
  expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) });

describe("a topic", () => {
  it.each(["lobby", "__proto__", "hasOwnProperty", " ", "\u0000", "\ud800", "🎉"])("may be %j", (topic) => {
    expect(admitTopic(topic, 255)).toBe(topic);
  });

  it.each([
    ["", 'topic is ""; it must be a string, not empty'],
    [undefined, "topic is undefined"],
    [null, "topic is null"],
    [5, "topic is 5; it must be a string"],
    [["lobby"], "topic is an array"],
    [{}, "topic is an object"],
    [new Date(0), "topic is a Date"],
    [Symbol("lobby"), "topic is a symbol"],
    [5n, "topic is a bigint"],
  ])("may not be %o", (topic, message) => {
    expect(() => admitTopic(topic, 255)).toThrow(invalid(message));
    expect(() => admitTopic(topic, 255)).toThrow(TypeError);
  });

  it("has a limit in bytes, not in characters", () => {
    expect(admitTopic("a".repeat(255), 255)).toHaveLength(255);
    expect(admitTopic("é".repeat(127), 255)).toHaveLength(127);
    const tooLong = expect.objectContaining({
      code: "LIMIT",
      limit: "maxTopicBytes",
      given: 256,
      allowed: 255,
      message: expect.stringContaining("topic takes 256 bytes; maxTopicBytes is 255"),
    });
    expect(() => admitTopic("é".repeat(128), 255)).toThrow(tooLong);
    expect(() => admitTopic("🎉".repeat(64), 255)).toThrow(tooLong);
  });
});

describe("a key", () => {
  it("may be a number, as user ids often are", () => {
    expect([17, 0, -1.5, 2 ** 53, 1e21].map((key) => admitKey(key, 255))).toEqual([
      "17",
      "0",
      "-1.5",
      "9007199254740992",
      "1e+21",
    ]);
  });

  it.each([
    ["", 'key is ""; it must be a string or finite number, not empty'],
    [Number.NaN, "key is NaN"],
    [Number.POSITIVE_INFINITY, "key is Infinity"],
    [undefined, "key is undefined"],
    [true, "key is true"],
    [5n, "key is a bigint"],
  ])("may not be %o", (key, message) => {
    expect(() => admitKey(key, 255)).toThrow(invalid(message));
  });

  it("has a limit of its own", () => {
    const tooLong = expect.objectContaining({ code: "LIMIT", limit: "maxKeyBytes", given: 6, allowed: 5 });
    expect(() => admitKey(123_456, 5)).toThrow(tooLong);
    expect(admitKey("alice", 5)).toBe("alice");
  });
});
