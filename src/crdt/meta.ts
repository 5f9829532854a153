import type { Json, Meta, PresenceMeta } from "../payload.ts";

/** A frozen copy of `content` with its refs: what readers get. What is inside is frozen in place. */
export function freezeWithRefs(content: Meta, ref: string, previousRef: string | undefined): PresenceMeta {
  const meta = copyMembers(content, freezeInPlace) as { phx_ref: string; phx_ref_prev?: string };
  meta.phx_ref = ref;
  if (previousRef !== undefined) meta.phx_ref_prev = previousRef;
  return Object.freeze(meta) as PresenceMeta;
}

/** The meta as it was tracked, without our refs. */
export function stripRefs(meta: Meta): Meta {
  return copyMembers(meta, (value) => value) as Meta;
}

/**
 * The same of a meta that a caller goes on holding. Most are flat, and then a spread does: far faster than a loop.
 */
export function copyContent(meta: Meta): Meta {
  const copy = { ...meta };
  return isFlatContent(copy) ? copy : (copyMembers(copy, freezeCopy) as Meta);
}

function isFlatContent(meta: Meta): boolean {
  for (const name in meta) {
    if (isRefMember(name) || (typeof meta[name] === "object" && meta[name] !== null)) return false;
  }
  return true;
}

/**
 * A loop, because a spread followed by a further member makes a slow object of three times the size.
 */
function copyMembers(meta: Meta, copyValue: (value: Json) => Json): object {
  const copy: Record<string, Json> = {};
  for (const name in meta) {
    if (Object.hasOwn(meta, name) && !isRefMember(name)) define(copy, name, copyValue(meta[name]!));
  }
  return copy;
}

/** The names that the library writes. A caller's own are replaced, or dropped where we have none. */
export function isRefMember(name: string): boolean {
  return name === "phx_ref" || name === "phx_ref_prev";
}

/** For what is ours alone: equal metas of one message go on sharing what is inside. */
export function freezeInPlace(value: Json): Json {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) freezeInPlace(member as Json);
  return Object.freeze(value);
}

/** For what a caller goes on holding. */
export function freezeCopy(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(freezeCopy));
  const copy: Record<string, Json> = {};
  for (const name of Object.keys(value)) define(copy, name, freezeCopy((value as Meta)[name]!));
  return Object.freeze(copy);
}

/** Assigning to `__proto__` would set the prototype; as data it is a name like any other. */
function define(object: Record<string, Json>, name: string, value: Json): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[name] = value;
  }
}
