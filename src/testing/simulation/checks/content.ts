import type { Meta } from "../../../payload.ts";

/** A meta as it was tracked, without refs, as text: to compare by. */
export function contentOf(meta: Meta): string {
  const { phx_ref, phx_ref_prev, ...content } = meta;
  return JSON.stringify(content);
}
