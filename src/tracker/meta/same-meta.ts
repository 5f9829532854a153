import type { Json, Meta } from "../../payload.ts";
import { withoutRefs } from "./refs.ts";

/** Whether a meta holds this content: our refs apart. */
export function isSameMeta(meta: Meta, content: Meta): boolean {
  return isEqual(withoutRefs(meta) as Json, withoutRefs(content) as Json);
}

function isEqual(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isEqual((one as Meta)[name], (other as Meta)[name]))
  );
}
