/**
 * What one file or folder of `src/` may import. Its own folder's files are always among it, and nothing is
 * inherited: a row says it all.
 */
export interface Layer {
  /** Files and folders (these end in a slash), by their path in `src/`. */
  readonly imports?: readonly string[];
  /** The same, but by `import type` only. */
  readonly types?: readonly string[];
  /** Node's own modules: all of them, or these, named without `node:`. */
  readonly builtins?: "all" | readonly string[];
  /** Packages, by name. */
  readonly packages?: readonly string[];
  /** The folder's files don't import each other: each is a thing of its own, as a driver is. */
  readonly apart?: true;
  /** Which globals are at hand: those of the language, those of a browser too, or (when left out) all of Node's. */
  readonly globals?: "language" | "browser";
}

const shapes = ["payload.ts", "errors.ts"];
const server = [
  ...shapes,
  "time/",
  "emitter/",
  "checks/",
  "crdt/",
  "wire/",
  "replication/",
  "pubsub/",
  "tracker/",
  "presence/",
];

/**
 * The layers of `src/`, from the bottom up. The longest key that a path starts with is its row; a path
 * that no row covers is refused.
 */
export const layers: Readonly<Record<string, Layer>> = {
  "payload.ts": { globals: "language" },
  "errors.ts": { globals: "language" },
  "time/": {},
  "emitter/": { imports: [...shapes, "checks/"], packages: ["eventemitter3"] },

  "checks/": { imports: shapes, globals: "language" },
  "checks/check-pubsub.ts": {
    imports: [...shapes, "checks/", "crdt/", "wire/"],
    types: ["pubsub/pubsub.ts"],
    globals: "language",
  },

  "crdt/": { imports: shapes, globals: "language" },
  "wire/": { imports: [...shapes, "crdt/"], globals: "language" },
  "replication/": { imports: [...shapes, "crdt/"], types: ["wire/"], globals: "language" },

  "pubsub/": {
    imports: [...shapes, "time/", "checks/", "pubsub/pubsub.ts", "pubsub/internal/"],
    builtins: "all",
    apart: true,
  },
  "pubsub/pubsub.ts": { imports: shapes },
  "pubsub/internal/": { imports: [...shapes, "time/", "checks/", "pubsub/pubsub.ts"], builtins: "all" },

  "tracker/": {
    imports: [
      ...shapes,
      "time/",
      "checks/",
      "emitter/",
      "crdt/",
      "wire/",
      "replication/",
      "pubsub/pubsub.ts",
    ],
    builtins: ["diagnostics_channel"],
    packages: ["nanoid"],
  },
  "presence/": { imports: [...shapes, "time/", "checks/", "emitter/", "tracker/"] },

  "client/": { imports: shapes, globals: "browser" },
  "react/": { imports: [...shapes, "client/"], packages: ["react"], globals: "browser" },
  "phoenix/error-origin.ts": { globals: "language" },
  "phoenix/async/": { globals: "language" },
  "phoenix/protocol/": { imports: [...shapes, "checks/"], builtins: ["util"] },
  "phoenix/limits/": { types: ["time/clock.ts"] },
  "phoenix/broadcast/": {
    imports: [...shapes, "pubsub/pubsub.ts", "phoenix/error-origin.ts", "phoenix/protocol/"],
    builtins: ["crypto"],
  },
  "phoenix/channel/": {
    imports: [
      ...shapes,
      "checks/",
      "phoenix/error-origin.ts",
      "phoenix/async/",
      "phoenix/protocol/",
      "phoenix/limits/",
      "phoenix/broadcast/",
    ],
  },
  "phoenix/presence/": {
    imports: [
      ...shapes,
      "checks/",
      "phoenix/async/",
      "phoenix/protocol/",
      "phoenix/broadcast/",
      "phoenix/channel/",
    ],
    types: ["presence/"],
  },
  "phoenix/connect/": {
    imports: [...shapes, "checks/", "phoenix/error-origin.ts", "phoenix/async/", "phoenix/protocol/"],
    builtins: ["http", "stream"],
    packages: ["ws"],
  },
  "phoenix/": {
    imports: [
      ...shapes,
      "time/clock.ts",
      "checks/",
      "pubsub/pubsub.ts",
      "phoenix/error-origin.ts",
      "phoenix/async/",
      "phoenix/protocol/",
      "phoenix/limits/",
      "phoenix/broadcast/",
      "phoenix/channel/",
      "phoenix/presence/",
      "phoenix/connect/",
    ],
    builtins: ["http"],
    packages: ["ws"],
  },
  "inspector/": { imports: [...shapes, "checks/", "presence/"], builtins: "all" },

  "testing/": { imports: [...server, "client/"], builtins: "all" },
  // Its own entry, so that only callers who import arbitraries need fast-check.
  "testing/arbitraries/": { imports: [...server, "client/", "testing/"], packages: ["fast-check"] },

  "index.ts": {
    imports: [...shapes, "time/", "tracker/", "presence/", "pubsub/pubsub.ts", "pubsub/memory.ts"],
  },
};

/** The key of the row that covers a path in `src/`, if one does. */
export function rowOf(path: string): string | undefined {
  const keys = Object.keys(layers).filter((key) => covers(key, path));
  return keys.sort((one, other) => other.length - one.length)[0];
}

/** Whether a file or folder of the table is, or holds, the file at `path`. */
export function covers(place: string, path: string): boolean {
  return place.endsWith("/") ? path.startsWith(place) : path === place;
}
