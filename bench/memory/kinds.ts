import { Claims, type Share } from "./claims.ts";
import type { HeapGraph } from "./heap-graph.ts";

/** What the heap of a tracker is made of, in the order of the table. */
export const KINDS = [
  "entries",
  "keys",
  "metas",
  "strings in metas",
  "refs",
  "lists of topics",
  "indexes by key",
  "topics",
  "table by dot",
  "table by owner",
  "log of leaves",
  "owners: numbers and back",
  "owners: listeners",
  "owners themselves",
] as const;

export type Kind = (typeof KINDS)[number];

/** Those that a set without owners of a user's has too. */
export const OF_THE_SET: readonly Kind[] = KINDS.filter((kind) => !kind.startsWith("owners"));

/** Holds owners as a server has them at hand before anybody is tracked: by its name the snapshot tells them from others. */
export class AtHand<Owner> {
  readonly owners: readonly Owner[];

  constructor(owners: readonly Owner[]) {
    this.owners = owners;
  }
}

/** How many objects and bytes each kind has. Whoever claims an object first has it; nobody claimed the rest. */
export function sharesOf(graph: HeapGraph): Record<Kind | "rest", Share> {
  const claims = new Claims(graph, [...KINDS, "rest"]);
  const entries = claims.instancesOf("Entry");
  for (const entry of entries) claims.claim(entry, "entries");
  for (const topic of claims.instancesOf("Topic")) claims.claim(topic, "lists of topics");
  for (const held of claims.instancesOf("AtHand")) {
    claims.tree(graph.member(held, "owners"), "owners themselves");
  }
  for (const origin of claims.instancesOf("Origin")) claims.tree(origin, "topics");
  for (const entry of entries) claimOf(claims, graph, entry);
  for (const topic of claims.instancesOf("Topic")) {
    claims.tree(graph.member(topic, "#row"), "lists of topics");
    claims.tree(graph.member(topic, "#index"), "indexes by key");
    claims.tree(graph.member(topic, "name"), "topics");
    claims.tree(graph.member(topic, "#all"), "topics");
  }
  for (const slice of claims.instancesOf("Slice")) {
    claims.tree(graph.member(slice, "live"), "table by dot");
    claims.tree(graph.member(slice, "#tops"), "table by owner");
    claims.tree(graph.member(slice, "log"), "log of leaves");
  }
  // Of the classes of this name the one that a tracker has.
  for (const owners of claims.instancesOf("Owners")) claimOwners(claims, graph, owners);
  return claims.shares() as Record<Kind | "rest", Share>;
}

function claimOf(claims: Claims, graph: HeapGraph, entry: number): void {
  for (const { name, to } of graph.edgesOf(entry)) {
    if (name === "key") claims.claim(to, "keys");
    else if (name === "#meta") claimMeta(claims, graph, to);
    else if (graph.typeOf(to) === "number") claims.claim(to, "entries");
  }
}

function claimMeta(claims: Claims, graph: HeapGraph, meta: number): void {
  for (const { name, type, to } of graph.edgesOf(meta)) {
    if (name === "phx_ref" || name === "phx_ref_prev") claims.tree(to, "refs");
    else if (type === "property" && graph.typeOf(to).endsWith("string")) claims.tree(to, "strings in metas");
  }
  claims.tree(meta, "metas");
}

function claimOwners(claims: Claims, graph: HeapGraph, owners: number): void {
  const listeners = graph.member(owners, "#listeners");
  if (listeners === undefined) return;
  for (const { to } of graph.edgesOf(listeners)) {
    if (graph.typeOf(to) !== "closure") continue;
    claims.claim(to, "owners: listeners");
    claims.claim(graph.member(to, "context")!, "owners: listeners");
  }
  claims.tree(owners, "owners: numbers and back");
}
