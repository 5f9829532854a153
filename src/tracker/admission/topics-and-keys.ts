import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError, LimitError } from "../../errors.ts";
import { byteLength } from "../../wire/limits.ts";

/**
 * @throws {InvalidArgumentError} when it is no string, or empty.
 * @throws {LimitError} when it takes more than `maxBytes` bytes.
 */
export function admitTopic(topic: unknown, maxBytes: number): string {
  if (typeof topic !== "string" || topic === "") throw notAName("topic", topic, "a string");
  if (topic.length * 3 > maxBytes) assertBytes("topic", topic, "maxTopicBytes", maxBytes);
  return topic;
}

/**
 * A number becomes the string of its digits: users have numbers for ids.
 *
 * @throws {InvalidArgumentError} when it is no string or finite number, or empty.
 * @throws {LimitError} when it takes more than `maxBytes` bytes.
 */
export function admitKey(key: unknown, maxBytes: number): string {
  const name = typeof key === "number" && Number.isFinite(key) ? String(key) : key;
  if (typeof name !== "string" || name === "") throw notAName("key", key, "a string or finite number");
  if (name.length * 3 > maxBytes) assertBytes("key", name, "maxKeyBytes", maxBytes);
  return name;
}

/**
 * A topic that is only looked up: of any length, as one that is too long holds nobody. Its kind alone tells of a mistake
 * that would else look like an empty room.
 *
 * @throws {InvalidArgumentError} when it is no string.
 */
export function lookUpTopic(topic: unknown): string {
  if (typeof topic === "string") return topic;
  throw new InvalidArgumentError(
    `topic is ${describeValue(topic)}; it must be a string. Check what is passed as the topic.`,
  );
}

/**
 * A key that is only looked up.
 *
 * @throws {InvalidArgumentError} when it is no string or finite number.
 */
export function lookUpKey(key: unknown): string {
  if (typeof key === "string") return key;
  if (typeof key === "number" && Number.isFinite(key)) return String(key);
  throw new InvalidArgumentError(
    `key is ${describeValue(key)}; it must be a string or finite number. Check what is passed as the key.`,
  );
}

function notAName(field: string, given: unknown, allowed: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `${field} is ${describeValue(given)}; it must be ${allowed}, not empty. Check what is passed as the ${field}.`,
  );
}

function assertBytes(field: string, name: string, limit: string, allowed: number): void {
  const given = byteLength(name);
  if (given <= allowed) return;
  throw new LimitError(
    `${field} takes ${given} bytes; ${limit} is ${allowed}. Use an id in place of a text, or raise ${limit}.`,
    { limit, given, allowed },
  );
}
