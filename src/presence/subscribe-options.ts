import {
  assertNoUnknownOptions,
  assertOptionsObject,
  assertTimeFromZero,
  checkArgument,
  hasMethods,
} from "../checks/check-argument.ts";
import { InvalidArgumentError } from "../errors.ts";
import { lookUpKey } from "../tracker/admission/topics-and-keys.ts";
import { assertOwner, type Owner } from "../tracker/owners/owner.ts";

/**
 * How long a subscription lasts, and what it sees.
 *
 * @example
 * const options: SubscribeOptions = { owner: socket, keys: ["u3", "u9"], diffWindowMs: 50 };
 */
export interface SubscribeOptions {
  /** Whatever `track` takes as an owner, such as the socket. The subscription ends with it, before its presences leave. */
  readonly owner?: Owner;

  /** Ends the subscription when it aborts. */
  readonly signal?: AbortSignal;

  /**
   * The only keys that the listener sees. A key may be absent: the listener hears of it when it joins. An empty list sees nothing, until
   * `addKeys`. `undefined` is refused, because a failed look-up would show everything.
   *
   * @defaultValue all keys
   */
  readonly keys?: readonly (string | number)[] | ReadonlySet<string | number>;

  /**
   * The shortest time between two diffs, in ms. The window of `createPresence`, which collects changes before the first diff too,
   * applies in addition.
   *
   * @defaultValue 0: every change is a diff of its own
   */
  readonly diffWindowMs?: number;
}

/** The options of a subscription with every default. */
export interface ResolvedSubscribeOptions {
  readonly owners: readonly Owner[];
  readonly keys: readonly string[] | undefined;
  readonly diffWindowMs: number;
}

/**
 * Checks the options of a subscription. `countedKeys` are the only keys that it can have, if readers see counts.
 *
 * @throws {InvalidArgumentError}
 */
export function resolveSubscribeOptions(
  options: SubscribeOptions,
  countedKeys: ReadonlySet<string> | undefined,
): ResolvedSubscribeOptions {
  assertOptionsObject(options, "Pass { owner: socket }, or nothing.");
  const { owner, signal, keys, diffWindowMs = 0, ...unknown } = options;
  assertNoUnknownOptions(unknown, { owner, signal, keys, diffWindowMs });
  assertTimeFromZero("diffWindowMs", diffWindowMs);
  const owners: Owner[] = [];
  if (Object.hasOwn(options, "owner")) {
    assertOwner(owner);
    owners.push(owner);
  }
  if (Object.hasOwn(options, "signal")) {
    const isSignal = typeof signal?.aborted === "boolean" && hasMethods(signal, "addEventListener");
    checkArgument("signal", signal, isSignal, "an AbortSignal");
    owners.push(signal!);
  }
  const hasKeys = Object.hasOwn(options, "keys");
  return { owners, keys: hasKeys ? admitKeyList(keys, countedKeys) : undefined, diffWindowMs };
}

/**
 * The keys of a subscription.
 *
 * @throws {InvalidArgumentError} for a key of the wrong kind, or one that is not counted where readers see counts.
 */
export function admitKeys(
  keys: Iterable<string | number>,
  countedKeys: ReadonlySet<string> | undefined,
): readonly string[] {
  const names = Array.from(keys, lookUpKey);
  const other = countedKeys === undefined ? undefined : names.find((key) => !countedKeys.has(key));
  if (other === undefined) return names;
  const counted = Array.from(countedKeys!, (key) => JSON.stringify(key)).join(", ");
  throw new InvalidArgumentError(
    `A key of the subscription, of ${other.length} characters, is not counted; readers see only the keys of countOnly: ${counted}. ` +
      "Pass some of them, or add the key to countOnly.",
  );
}

function admitKeyList(keys: unknown, countedKeys: ReadonlySet<string> | undefined): readonly string[] {
  const isList = Array.isArray(keys) || keys instanceof Set;
  const advice = "Leave it out for all keys: without a value nobody could tell a failed look-up from that.";
  checkArgument("keys", keys, isList, "an array or a Set of keys", advice);
  return admitKeys(keys as Iterable<string | number>, countedKeys);
}
