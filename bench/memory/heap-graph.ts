/** What a snapshot calls the kinds of its nodes and edges, and which place each field of them has. */
export interface SnapshotMeta {
  readonly node_fields: readonly string[];
  readonly node_types: readonly [readonly string[], ...unknown[]];
  readonly edge_fields: readonly string[];
  readonly edge_types: readonly [readonly string[], ...unknown[]];
}

/** What stands before everything else in a snapshot. */
export interface SnapshotHeader {
  readonly meta: SnapshotMeta;
  readonly node_count: number;
  readonly edge_count: number;
}

/** An edge that has a name; those of an array's elements have a number. */
export interface Edge {
  /** "element" and "hidden" edges have no name. */
  readonly type: string;
  readonly name: string | undefined;
  readonly to: number;
}

/** A heap by nodes and edges, in a few flat arrays outside of the heap: that of a million presences has millions of both. */
export class HeapGraph {
  readonly count: number;
  readonly #meta: SnapshotMeta;
  readonly #types: Uint8Array;
  readonly #names: Uint32Array;
  readonly #sizes: Uint32Array;
  /** Of each node; one more at the end. */
  readonly #firstEdges: Uint32Array;
  readonly #edgeTypes: Uint8Array;
  readonly #edgeNames: Uint32Array;
  readonly #edgeEnds: Uint32Array;
  readonly #strings = new Map<number, string>();
  /** Where these stand in the numbers of a node and of an edge. */
  readonly #at: {
    readonly type: number;
    readonly name: number;
    readonly size: number;
    readonly edges: number;
    readonly edgeType: number;
    readonly edgeName: number;
    readonly end: number;
  };
  #nodes = 0;
  #edges = 0;

  constructor({ meta, node_count, edge_count }: SnapshotHeader) {
    this.#meta = meta;
    this.count = node_count;
    this.#types = new Uint8Array(node_count);
    this.#names = new Uint32Array(node_count);
    this.#sizes = new Uint32Array(node_count);
    this.#firstEdges = new Uint32Array(node_count + 1);
    this.#edgeTypes = new Uint8Array(edge_count);
    this.#edgeNames = new Uint32Array(edge_count);
    this.#edgeEnds = new Uint32Array(edge_count);
    this.#at = {
      type: meta.node_fields.indexOf("type"),
      name: meta.node_fields.indexOf("name"),
      size: meta.node_fields.indexOf("self_size"),
      edges: meta.node_fields.indexOf("edge_count"),
      edgeType: meta.edge_fields.indexOf("type"),
      edgeName: meta.edge_fields.indexOf("name_or_index"),
      end: meta.edge_fields.indexOf("to_node"),
    };
  }

  /** The next node, as its numbers stand in the snapshot. */
  addNode(fields: readonly number[]): void {
    const node = this.#nodes++;
    this.#types[node] = fields[this.#at.type]!;
    this.#names[node] = fields[this.#at.name]!;
    this.#sizes[node] = fields[this.#at.size]!;
    this.#firstEdges[node + 1] = this.#firstEdges[node]! + fields[this.#at.edges]!;
  }

  /** The next edge: those of a node follow each other, and the nodes come in their order. */
  addEdge(fields: readonly number[]): void {
    const edge = this.#edges++;
    this.#edgeTypes[edge] = fields[this.#at.edgeType]!;
    this.#edgeNames[edge] = fields[this.#at.edgeName]!;
    this.#edgeEnds[edge] = fields[this.#at.end]! / this.#meta.node_fields.length;
  }

  /** Which strings name a class or a member. All others are what strings in the heap say: as large as these. */
  namesToKeep(): Set<number> {
    const names = new Set<number>();
    for (let node = 0; node < this.count; node++) if (this.#isNamed(node)) names.add(this.#names[node]!);
    for (let edge = 0; edge < this.#edges; edge++) {
      if (this.#isNamedEdge(edge)) names.add(this.#edgeNames[edge]!);
    }
    return names;
  }

  addName(index: number, name: string): void {
    this.#strings.set(index, name);
  }

  typeOf(node: number): string {
    return this.#meta.node_types[0][this.#types[node]!]!;
  }

  /** Of an object the name of its class, and nothing of a string. */
  nameOf(node: number): string {
    return this.#isNamed(node) ? this.#strings.get(this.#names[node]!)! : "";
  }

  bytesOf(node: number): number {
    return this.#sizes[node]!;
  }

  /** Where the member of this name leads, if the node has it. */
  member(node: number, name: string): number | undefined {
    for (const edge of this.edgesOf(node)) if (edge.name === name) return edge.to;
    return undefined;
  }

  *edgesOf(node: number): Generator<Edge> {
    for (let edge = this.#firstEdges[node]!; edge < this.#firstEdges[node + 1]!; edge++) {
      const type = this.#meta.edge_types[0][this.#edgeTypes[edge]!]!;
      const name = this.#isNamedEdge(edge) ? this.#strings.get(this.#edgeNames[edge]!) : undefined;
      yield { type, name, to: this.#edgeEnds[edge]! };
    }
  }

  #isNamed(node: number): boolean {
    const type = this.typeOf(node);
    return type === "object" || type === "hidden";
  }

  #isNamedEdge(edge: number): boolean {
    const type = this.#meta.edge_types[0][this.#edgeTypes[edge]!]!;
    return type === "property" || type === "internal" || type === "context";
  }
}
