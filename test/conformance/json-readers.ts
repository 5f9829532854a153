import type { Json } from "../../src/payload.ts";

/** Checks that a parsed JSON value is a `T` and returns it. Throws a `MalformedTraceError` that names the path. */
export type JsonReader<T> = (value: unknown, path: string) => T;

export type MemberReaders<T> = { readonly [Name in keyof T]: JsonReader<T[Name]> };

/** The text of a trace is not well-formed, or its steps contradict each other. */
export class MalformedTraceError extends Error {}

export const text: JsonReader<string> = (value, path) => {
  if (typeof value !== "string") throw mismatch(path, "a string", value);
  return value;
};

export const flag: JsonReader<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw mismatch(path, "true or false", value);
  return value;
};

export const clock: JsonReader<number> = (value, path) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw mismatch(path, "a clock", value);
  return value as number;
};

export function wholeNumber(least: number, most: number): JsonReader<number> {
  return (value, path) => {
    const isIn = Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
    if (!isIn) throw mismatch(path, `a whole number from ${least} to ${most}`, value);
    return value as number;
  };
}

export const jsonObject: JsonReader<{ readonly [name: string]: Json }> = (value, path) => {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject) throw mismatch(path, "an object", value);
  return value as { readonly [name: string]: Json };
};

export function oneOf<T extends string>(...words: T[]): JsonReader<T> {
  return (value, path) => {
    const word = words.find((allowed) => allowed === value);
    if (word === undefined)
      throw mismatch(path, words.map((each) => JSON.stringify(each)).join(" or "), value);
    return word;
  };
}

export function orNull<T>(reader: JsonReader<T>): JsonReader<T | null> {
  return (value, path) => (value === null ? null : reader(value, path));
}

export function orAbsent<T>(reader: JsonReader<T>): JsonReader<T | undefined> {
  return (value, path) => (value === undefined ? undefined : reader(value, path));
}

export function pair<First, Second>(
  first: JsonReader<First>,
  second: JsonReader<Second>,
): JsonReader<readonly [First, Second]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length !== 2) throw mismatch(path, "a pair", value);
    return [first(value[0], `${path}[0]`), second(value[1], `${path}[1]`)];
  };
}

export function listOf<T>(reader: JsonReader<T>): JsonReader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw mismatch(path, "a list", value);
    return value.map((item, at) => reader(item, `${path}[${at}]`));
  };
}

/** An object with any names and one kind of value. */
export function mapOf<T>(reader: JsonReader<T>): JsonReader<ReadonlyMap<string, T>> {
  return (value, path) => {
    const entries = Object.entries(jsonObject(value, path));
    return new Map(entries.map(([name, item]) => [name, reader(item, `${path}.${name}`)]));
  };
}

/** An object with these members. It ignores all others. */
export function object<T extends object>(members: MemberReaders<T>): JsonReader<T> {
  return (value, path) => {
    const given = jsonObject(value, path);
    const read = Object.entries<JsonReader<unknown>>(members).map(([name, reader]) => {
      return [name, reader(Object.hasOwn(given, name) ? given[name] : undefined, `${path}.${name}`)];
    });
    return Object.fromEntries(read) as T;
  };
}

function mismatch(path: string, allowed: string, given: unknown): MalformedTraceError {
  const shown = JSON.stringify(given)?.slice(0, 80) ?? "nothing";
  return new MalformedTraceError(`${path} should be ${allowed}, but is ${shown}`);
}
