import { assertFunction, checkArgument } from "../../checks/check-argument.ts";
import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";
import type { ChannelHandlers } from "./channel-handlers.ts";

/** Finds the channel of a topic: the one with exactly this name, or else the one with the longest matching pattern. */
export class Routes {
  readonly #exact = new Map<string, ChannelHandlers<object>>();
  /** The patterns without their star. The longest comes first. */
  #prefixes: (readonly [prefix: string, handlers: ChannelHandlers<object>])[] = [];

  /** @throws {InvalidArgumentError} for a malformed or taken pattern, or malformed handlers. */
  add(pattern: string, handlers: ChannelHandlers<object>): void {
    assertPattern(pattern);
    assertHandlers(pattern, handlers);
    const prefix = pattern.slice(0, -1);
    if (!pattern.endsWith("*")) {
      if (this.#exact.has(pattern)) throw alreadyTaken(pattern);
      this.#exact.set(pattern, handlers);
      return;
    }
    if (this.#prefixes.some(([known]) => known === prefix)) throw alreadyTaken(pattern);
    this.#prefixes.push([prefix, handlers]);
    this.#prefixes.sort(([one], [other]) => other.length - one.length);
  }

  find(topic: string): ChannelHandlers<object> | undefined {
    return this.#exact.get(topic) ?? this.#prefixes.find(([prefix]) => topic.startsWith(prefix))?.[1];
  }
}

function assertPattern(pattern: unknown): void {
  const isPattern = typeof pattern === "string" && /^[^*]*\*?$/s.test(pattern) && pattern !== "";
  if (isPattern) return;
  throw new InvalidArgumentError(
    `The pattern is ${describeValue(pattern)}; it must be a topic, or the beginning of topics and a star, as "room:*". Pass the pattern first, then the handlers.`,
  );
}

function assertHandlers(pattern: string, handlers: ChannelHandlers<object>): void {
  if (typeof handlers?.join !== "function") {
    const given = describeValue(handlers?.join);
    throw new InvalidArgumentError(
      `The join of channel ${describeValue(pattern)} is ${given}; it must be a function that accepts or refuses a client. Add one, as () => ({ ok: {} }).`,
    );
  }
  for (const name of OPTIONAL) {
    if (handlers[name] !== undefined) assertFunction(name, handlers[name], "Or leave it out.");
  }
  assertNoMisspelling(pattern, handlers);
  assertIntercept(handlers.intercept);
  if ((handlers.intercept?.length ?? 0) === 0 || handlers.handleOut !== undefined) return;
  throw new InvalidArgumentError(
    `Channel ${describeValue(pattern)} intercepts events but has no handleOut to handle them. Add handleOut, or leave out intercept.`,
  );
}

/** A handler with another spelling, as handle_in or handlein, would never be called. */
function assertNoMisspelling(pattern: string, handlers: object): void {
  for (const given of Object.keys(handlers)) {
    const name = NAMES.find((known) => known !== given && letters(known) === letters(given));
    if (name === undefined) continue;
    throw new InvalidArgumentError(
      `Channel ${describeValue(pattern)} has a ${describeValue(given)}, which is never called. Name it ${name}.`,
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

function alreadyTaken(pattern: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `The pattern ${describeValue(pattern)} has a channel already, and may have only one. Merge the two channels.`,
  );
}
