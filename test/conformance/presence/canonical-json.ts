import type { Json } from "../../../src/payload.ts";

type JsonObject = { readonly [name: string]: Json };

/** A projection, recorded or our own, as one text. Equal texts mean equal projections. Metas are sorted by ref. */
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
    // A presence whose key is "phx_ref" has an object as its value.
    if (isRef && typeof member === "string")
      return [name, labels === undefined ? member : labelOf(member, labels)];
    return [name, sorted(member, labels)];
  });
  // A list of pairs, because an object would put numeric keys first, and a key may be __proto__.
  return entries.sort(([one], [other]) => (one < other ? -1 : 1)) as unknown as Json;
}

/** Only lists of metas are sorted. Other lists are part of a meta and keep their order. */
function isMeta(value: Json): boolean {
  return typeof (value as JsonObject | null)?.["phx_ref"] === "string";
}

function labelOf(ref: string, labels: ReadonlyMap<string, string>): string {
  return labels.get(ref) ?? `the ref ${ref}, which no step returned`;
}

function byText(one: Json, other: Json): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}
