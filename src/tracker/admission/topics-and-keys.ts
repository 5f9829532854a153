import { describeKind, describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError, LimitError } from "../../errors.ts";
import { withLogMessage } from "../../log-message.ts";
import { byteLength } from "../../wire/limits.ts";

/**
 * Checks the topic of a presence to track.
 *
 * @throws {InvalidArgumentError} unless it is a string that is not empty.
 * @throws {LimitError} when it takes more than `maxBytes` bytes.
 */
export function admitTopic(topic: unknown, maxBytes: number): string {
  if (typeof topic !== "string" || topic === "") throw notAName("topic", topic, "a string");
  if (topic.length * 3 > maxBytes) assertBytes("topic", topic, "maxTopicBytes", maxBytes);
  return topic;
}

/**
 * Checks the key of a presence to track. A number becomes a string, as user ids often are numbers.
 *
 * @throws {InvalidArgumentError} unless it is a string that is not empty, or a finite number.
 * @throws {LimitError} when it takes more than `maxBytes` bytes.
 */
export function admitKey(key: unknown, maxBytes: number): string {
  const name = typeof key === "number" && Number.isFinite(key) ? String(key) : key;
  if (typeof name !== "string" || name === "") throw notAName("key", key, "a string or finite number");
  if (name.length * 3 > maxBytes) assertBytes("key", name, "maxKeyBytes", maxBytes);
  return name;
}

/**
 * Refuses a key that is not counted, where nothing else replicates. The error does not contain the key, which may identify a
 * user: only its length. A value that is no key at all is left to `admitKey`.
 *
 * @throws {InvalidArgumentError}
 */
export function assertCounted(key: unknown, countedKeys: ReadonlySet<string>): void {
  if (typeof key !== "string" && typeof key !== "number") return;
  const name = String(key);
  if (name === "" || countedKeys.has(name)) return;
  const keys = Array.from(countedKeys, (counted) => JSON.stringify(counted)).join(", ");
  throw new InvalidArgumentError(
    `The key, of ${name.length} characters, is not counted; replicate: "counts" takes only the keys of countOnly: ${keys}. ` +
      'Track one of them, add the key to countOnly, or use replicate: "presences".',
  );
}

/**
 * Checks a topic to read. It may have any length: a topic over the limit has no presences. A value of another type is a
 * mistake, which would otherwise look like an empty topic.
 *
 * @throws {InvalidArgumentError} unless it is a string.
 */
export function lookUpTopic(topic: unknown): string {
  if (typeof topic === "string") return topic;
  throw invalidName("topic", topic, "a string");
}

/**
 * Checks a key to read.
 *
 * @throws {InvalidArgumentError} unless it is a string or a finite number.
 */
export function lookUpKey(key: unknown): string {
  if (typeof key === "string") return key;
  if (typeof key === "number" && Number.isFinite(key)) return String(key);
  throw invalidName("key", key, "a string or finite number");
}

function notAName(field: string, given: unknown, allowed: string): InvalidArgumentError {
  return invalidName(field, given, `${allowed}, not empty`);
}

function invalidName(field: string, given: unknown, allowed: string): InvalidArgumentError {
  const message = (what: string): string =>
    `${field} is ${what}; it must be ${allowed}. Check the value that you pass as the ${field}.`;
  const error = new InvalidArgumentError(message(describeValue(given)));
  return withLogMessage(error, message(given === "" ? '""' : describeKind(given)));
}

function assertBytes(field: string, name: string, limit: string, allowed: number): void {
  const given = byteLength(name);
  if (given <= allowed) return;
  throw new LimitError(
    `${field} takes ${given} bytes; ${limit} is ${allowed}. Use a short id, or raise ${limit}.`,
    { limit, given, allowed },
  );
}
