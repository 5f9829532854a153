import { assertFunction, checkArgument } from "../../checks/check-argument.ts";
import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";
import type { ChannelHandlers } from "./channel-handlers.ts";

/** Which channel a topic belongs to: the one of exactly this name, or else of the longest pattern that it begins with. */
export class Routes {
  readonly #exact = new Map<string, ChannelHandlers>();
  /** By what stands before the star; the longest first. */
  #prefixes: (readonly [prefix: string, handlers: ChannelHandlers])[] = [];

  /** @throws {InvalidArgumentError} */
  add(pattern: string, handlers: ChannelHandlers): void {
    assertPattern(pattern);
    assertHandlers(pattern, handlers);
    const prefix = pattern.slice(0, -1);
    if (!pattern.endsWith("*")) {
      if (this.#exact.has(pattern)) throw twice(pattern);
      this.#exact.set(pattern, handlers);
      return;
    }
    if (this.#prefixes.some(([known]) => known === prefix)) throw twice(pattern);
    this.#prefixes.push([prefix, handlers]);
    this.#prefixes.sort(([one], [other]) => other.length - one.length);
  }

  find(topic: string): ChannelHandlers | undefined {
    return this.#exact.get(topic) ?? this.#prefixes.find(([prefix]) => topic.startsWith(prefix))?.[1];
  }
}

function assertPattern(pattern: unknown): void {
  const isPattern = typeof pattern === "string" && /^[^*]*\*?$/s.test(pattern) && pattern !== "";
  if (isPattern) return;
  throw new InvalidArgumentError(
    `The pattern is ${describeValue(pattern)}; it must be a topic, or the beginning of topics and a star, as "room:*". Check what is passed as the pattern.`,
  );
}

function assertHandlers(pattern: string, handlers: ChannelHandlers): void {
  if (typeof handlers?.join !== "function") {
    const given = describeValue(handlers?.join);
    throw new InvalidArgumentError(
      `The join of channel ${describeValue(pattern)} is ${given}; it must be a function: it decides who may join. Add one, as () => ({ ok: {} }).`,
    );
  }
  for (const name of OPTIONAL) {
    if (handlers[name] !== undefined) assertFunction(name, handlers[name], "Or leave it out.");
  }
  assertNoneRenamed(pattern, handlers);
  assertIntercept(handlers.intercept);
  if ((handlers.intercept?.length ?? 0) === 0 || handlers.handleOut !== undefined) return;
  throw new InvalidArgumentError(
    `Channel ${describeValue(pattern)} intercepts events but has no handleOut, which would get them. Add it.`,
  );
}

/** As a handler written otherwise, handle_in or handlein, would never be called. */
function assertNoneRenamed(pattern: string, handlers: object): void {
  for (const given of Object.keys(handlers)) {
    const name = NAMES.find((known) => known !== given && letters(known) === letters(given));
    if (name === undefined) continue;
    throw new InvalidArgumentError(
      `Channel ${describeValue(pattern)} has a ${describeValue(given)}, which nothing calls. Name it ${name}.`,
    );
  }
}

function assertIntercept(intercept: unknown): void {
  const isList = Array.isArray(intercept) && intercept.every((event) => typeof event === "string");
  checkArgument("intercept", intercept, intercept === undefined || isList, 'a list of events, as ["said"]');
}

function letters(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

const OPTIONAL = ["afterJoin", "handleIn", "handleOut", "terminate"] as const;
const NAMES: readonly string[] = ["join", "intercept", ...OPTIONAL];

function twice(pattern: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `There is a channel for ${describeValue(pattern)} already; each pattern belongs to one. Put the two together.`,
  );
}
