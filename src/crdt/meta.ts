import type { Json, Meta, PresenceMeta } from "../payload.ts";

/** A frozen copy of `content` with its refs, for readers. Nested values are frozen in place, not copied. */
export function freezeWithRefs(content: Meta, ref: string, previousRef: string | undefined): PresenceMeta {
  const meta = copyMembers(content, freezeInPlace) as { phx_ref: string; phx_ref_prev?: string };
  meta.phx_ref = ref;
  if (previousRef !== undefined) meta.phx_ref_prev = previousRef;
  return Object.freeze(meta) as PresenceMeta;
}

/** A copy of the meta without the refs that the library added. */
export function stripRefs(meta: Meta): Meta {
  return copyMembers(meta, (value) => value) as Meta;
}

/** The content of every presence without one: an object for each of them would take 56 bytes. */
const NO_CONTENT: Meta = Object.freeze({});

/**
 * A copy, without refs, of a meta that its caller keeps and may change. Nested values are copied and frozen. Most metas
 * are flat, and a spread copies those far faster than a loop. All empty metas share one copy.
 */
export function copyContent(meta: Meta): Meta {
  if (Object.keys(meta).length === 0) return NO_CONTENT;
  const copy = { ...meta };
  return isFlatContent(copy) ? copy : (copyMembers(copy, freezeCopy) as Meta);
}

function isFlatContent(meta: Meta): boolean {
  for (const name in meta) {
    if (isRefMember(name) || (typeof meta[name] === "object" && meta[name] !== null)) return false;
  }
  return true;
}

/** Uses a loop: adding a member to the result of a spread makes a slow object of three times the size. */
function copyMembers(meta: Meta, copyValue: (value: Json) => Json): object {
  const copy: Record<string, Json> = {};
  for (const name in meta) {
    if (Object.hasOwn(meta, name) && !isRefMember(name)) define(copy, name, copyValue(meta[name]!));
  }
  return copy;
}

/** Whether the library writes the member of this name. Such a member in a caller's meta is dropped. */
export function isRefMember(name: string): boolean {
  return name === "phx_ref" || name === "phx_ref_prev";
}

/** Freezes a value that no caller holds. Equal metas of one message keep sharing their nested values. */
export function freezeInPlace(value: Json): Json {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) freezeInPlace(member as Json);
  return Object.freeze(value);
}

/** A frozen copy of a value that its caller keeps and may change. */
export function freezeCopy(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(freezeCopy));
  const copy: Record<string, Json> = {};
  for (const name of Object.keys(value)) define(copy, name, freezeCopy((value as Meta)[name]!));
  return Object.freeze(copy);
}

/** Sets a member, also one called `__proto__`, for which an assignment would set the prototype instead. */
function define(object: Record<string, Json>, name: string, value: Json): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[name] = value;
  }
}
