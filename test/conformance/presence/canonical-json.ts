import type { Json } from "../../../src/payload.ts";

type JsonObject = { readonly [name: string]: Json };

/** A recorded or our own projection as one text: equal texts mean equal projections. Metas are sorted by their ref. */
export function canonicalJson(value: unknown, labels?: ReadonlyMap<string, string>): string {
  return JSON.stringify(sorted(value as Json, labels));
}

function sorted(value: Json, labels: ReadonlyMap<string, string> | undefined): Json {
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item as Json, labels));
    return value.every(isMeta) ? items.sort(byText) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value as JsonObject).map(([name, member]): [string, Json] => {
    const isRef = name === "phx_ref" || name === "phx_ref_prev";
    // A key of that name has an object for its value.
    if (isRef && typeof member === "string")
      return [name, labels === undefined ? member : labelOf(member, labels)];
    return [name, sorted(member, labels)];
  });
  // A list of pairs: an object would put keys that are numbers first, and one may be __proto__.
  return entries.sort(([one], [other]) => (one < other ? -1 : 1)) as unknown as Json;
}

/** Other lists are what somebody tracked, in their order. */
function isMeta(value: Json): boolean {
  return typeof (value as JsonObject | null)?.["phx_ref"] === "string";
}

function labelOf(ref: string, labels: ReadonlyMap<string, string>): string {
  return labels.get(ref) ?? `the ref ${ref} that no step made`;
}

function byText(one: Json, other: Json): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}
