import type { ServerOutput } from "./channel-trace.ts";
import type { RefLabels } from "./ref-labels.ts";

type JsonObject = { readonly [name: string]: unknown };

/**
 * Whether we said what was recorded, as parsed JSON: the order of members is free, and so is that of the metas of a key, which
 * the reference lists by process. Refs are the same where they are so everywhere; if it matches they are from now on.
 */
export function matchesFrame(expected: ServerOutput, ours: ServerOutput, refs: RefLabels): boolean {
  const { mark } = refs;
  const isSame = isEqual(expected, ours, refs);
  if (!isSame) refs.undo(mark);
  return isSame;
}

/** Ours as text, by the names that the trace has for its refs. */
export function frameText(word: ServerOutput, refs?: RefLabels): string {
  if (word.kind !== "text") return JSON.stringify(word);
  return JSON.stringify(word.json, (name, value: unknown) => {
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

/** Tries them in order first; two of the same content differ by what becomes of their refs. */
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
