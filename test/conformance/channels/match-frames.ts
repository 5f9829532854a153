import type { ServerOutput } from "./channel-trace.ts";
import type { RefLabels } from "./ref-labels.ts";

type JsonObject = { readonly [name: string]: unknown };

/**
 * Whether our frame equals the recorded one, as parsed JSON. The order of members is free, and so is the order of the metas
 * of a key, which the reference sorts by process. Refs match if `refs` pairs them or can pair them. A match keeps the pairs.
 */
export function matchesFrame(expected: ServerOutput, ours: ServerOutput, refs: RefLabels): boolean {
  const { mark } = refs;
  const isSame = isEqual(expected, ours, refs);
  if (!isSame) refs.undo(mark);
  return isSame;
}

/** A frame as text, with the refs that the trace uses. */
export function frameText(output: ServerOutput, refs?: RefLabels): string {
  if (output.kind !== "text") return JSON.stringify(output);
  return JSON.stringify(output.json, (name, value: unknown) => {
    return isRef(name, value) ? (refs?.labelOf(value) ?? value) : value;
  });
}

function isEqual(expected: unknown, ours: unknown, refs: RefLabels, name = ""): boolean {
  if (typeof expected !== "object" || typeof ours !== "object" || expected === null || ours === null) {
    return isRef(name, expected) && isRef(name, ours) ? refs.bind(ours, expected) : expected === ours;
  }
  if (Array.isArray(expected) || Array.isArray(ours)) {
    if (!Array.isArray(expected) || !Array.isArray(ours) || expected.length !== ours.length) return false;
    if (name === "metas") return isPermutation(expected, ours, refs);
    return expected.every((item, index) => isEqual(item, ours[index], refs));
  }
  const names = Object.keys(expected);
  return (
    names.length === Object.keys(ours).length &&
    names.every((each) => {
      if (!Object.hasOwn(ours, each)) return false;
      return isEqual((expected as JsonObject)[each], (ours as JsonObject)[each], refs, each);
    })
  );
}

/** Tries all orders, the given one first. Two metas with the same content may differ in the refs that they pair. */
function isPermutation([first, ...others]: unknown[], ours: readonly unknown[], refs: RefLabels): boolean {
  if (ours.length === 0) return true;
  return ours.some((item, index) => {
    const { mark } = refs;
    if (isEqual(first, item, refs) && isPermutation(others, ours.toSpliced(index, 1), refs)) return true;
    refs.undo(mark);
    return false;
  });
}

function isRef(name: string, value: unknown): value is string {
  return (name === "phx_ref" || name === "phx_ref_prev") && typeof value === "string";
}
