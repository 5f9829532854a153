import { isRefMember } from "../../crdt/meta.ts";

/** The meta without the refs that the library writes: who updates a meta that was read gives them back to us. */
export function withoutRefs(meta: unknown): unknown {
  if (typeof meta !== "object" || meta === null) return meta;
  if (!Object.hasOwn(meta, "phx_ref") && !Object.hasOwn(meta, "phx_ref_prev")) return meta;
  return Object.fromEntries(Object.entries(meta).filter(([name]) => !isRefMember(name)));
}
