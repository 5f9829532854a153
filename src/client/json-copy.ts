/**
 * A deep copy of a JSON value. Other listeners of a channel get the same payload and may modify it: the official client
 * replaces the metas of entries. So the client keeps nothing of a payload itself.
 */
export function copyJson<T>(value: T): T {
  if (!isObject(value)) return value;
  if (Array.isArray(value)) return value.map(copyJson) as T;
  // A spread copies flat objects far faster than a loop, and a member named __proto__ as what it is.
  const copy = { ...value };
  for (const name in copy) if (isObject(copy[name])) setMember(copy, name, copyJson(copy[name]));
  return copy;
}

/** Sets a member, also one called `__proto__`, for which an assignment would set the prototype instead. */
export function setMember<T extends object, K extends keyof T>(object: T, name: K, value: T[K]): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[name] = value;
  }
}

/** An own member: `constructor` and `__proto__` are keys like any other. */
export function memberOf<V>(object: { readonly [name: string]: V }, name: string): V | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
