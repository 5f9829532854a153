import type { Edge, HeapGraph } from "./heap-graph.ts";

/** How many objects, and their bytes without what they refer to. */
export interface Share {
  objects: number;
  bytes: number;
}

/** What many objects have in common, and none of them owns. */
const SHARED = ["__proto__", "constructor", "map", "anonymous"];

/** Gives each object of a heap to one of some kinds; whoever claims it first has it, and nobody the last kind. */
export class Claims {
  readonly #graph: HeapGraph;
  readonly #kinds: readonly string[];
  /** By node: a kind, from 1. */
  readonly #claimed: Uint8Array;
  /** Nodes by the name of their class, without the number that a bundler puts behind it. */
  readonly #classes = new Map<string, number[]>();

  constructor(graph: HeapGraph, kinds: readonly string[]) {
    this.#graph = graph;
    this.#kinds = kinds;
    this.#claimed = new Uint8Array(graph.count);
    for (let node = 0; node < graph.count; node++) {
      if (graph.typeOf(node) !== "object") continue;
      const name = graph.nameOf(node).replace(/\d+$/, "");
      const known = this.#classes.get(name);
      if (known === undefined) this.#classes.set(name, [node]);
      else known.push(node);
    }
  }

  instancesOf(name: string): readonly number[] {
    return this.#classes.get(name) ?? [];
  }

  /** Returns whether nobody had it. */
  claim(node: number, kind: string): boolean {
    if (this.#claimed[node] !== 0) return false;
    this.#claimed[node] = this.#kinds.indexOf(kind) + 1;
    return true;
  }

  /** The node, and all that is reached from it and nobody claimed: data, not code. */
  tree(root: number | undefined, kind: string): void {
    if (root === undefined) return;
    const reached = [root];
    for (let node = reached.pop(); node !== undefined; node = reached.pop()) {
      if (!this.#isData(node) || !this.claim(node, kind)) continue;
      for (const edge of this.#graph.edgesOf(node)) if (isOwned(edge)) reached.push(edge.to);
    }
  }

  shares(): Record<string, Share> {
    const shares = this.#kinds.map((): Share => ({ objects: 0, bytes: 0 }));
    for (let node = 0; node < this.#graph.count; node++) {
      // Outside of the heap.
      if (this.#graph.typeOf(node) === "native") continue;
      const share = shares[(this.#claimed[node] || this.#kinds.length) - 1]!;
      share.objects++;
      share.bytes += this.#graph.bytesOf(node);
    }
    return Object.fromEntries(this.#kinds.map((kind, at) => [kind, shares[at]!]));
  }

  #isData(node: number): boolean {
    const type = this.#graph.typeOf(node);
    if (type === "hidden") return this.#graph.nameOf(node) === "system / PropertyArray";
    if (type === "object") return this.#graph.nameOf(node) !== "system / Context";
    return type === "array" || type === "number" || type === "bigint" || type.endsWith("string");
  }
}

function isOwned({ type, name }: Edge): boolean {
  return type !== "weak" && type !== "shortcut" && !(name !== undefined && SHARED.includes(name));
}
