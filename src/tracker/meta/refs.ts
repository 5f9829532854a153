import { isRefMember } from "../../crdt/meta.ts";
import type { Json, Meta } from "../../payload.ts";

/** The meta without the refs that the library adds. A caller that updates a meta it has read passes them back. */
export function withoutRefs(meta: unknown): unknown {
  if (typeof meta !== "object" || meta === null) return meta;
  if (!Object.hasOwn(meta, "phx_ref") && !Object.hasOwn(meta, "phx_ref_prev")) return meta;
  return Object.fromEntries(Object.entries(meta).filter(([name]) => !isRefMember(name)));
}

/** Whether two metas have the same content, refs aside. */
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
