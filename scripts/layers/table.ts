/**
 * The imports that one file or folder of `src/` may have. Files of the same folder may always import each other, except
 * with `apart`. Rows inherit nothing from each other.
 */
export interface Layer {
  /** Files, and folders with a final slash, by their path in `src/`. */
  readonly imports?: readonly string[];
  /** The same, for `import type` only. */
  readonly types?: readonly string[];
  /** Modules of Node, without `node:`. Default: not any. */
  readonly builtins?: "all" | readonly string[];
  /** Packages, by name. */
  readonly packages?: readonly string[];
  /** The files of the folder must not import each other, as drivers must not. */
  readonly apart?: true;
  /** The allowed globals: those of the language, or those of browsers too. Default: all of Node. */
  readonly globals?: "language" | "browser";
}

const shapes = ["payload.ts", "errors.ts", "log-message.ts"];
const server = [
  ...shapes,
  "time/",
  "emitter/",
  "checks/",
  "crdt/",
  "wire/",
  "signing/",
  "replication/",
  "pubsub/",
  "tracker/",
  "presence/",
];

/**
 * The layers of `src/`, from the bottom up. The row of a path is the longest key that covers it. A path without a row is
 * refused.
 */
export const layers: Readonly<Record<string, Layer>> = {
  "payload.ts": { globals: "language" },
  "errors.ts": { imports: ["log-message.ts"], globals: "language" },
  "log-message.ts": { globals: "language" },
  "time/": {},
  "emitter/": { imports: [...shapes, "checks/"], packages: ["eventemitter3"] },

  "checks/": { imports: shapes, globals: "language" },
  "checks/check-pubsub.ts": {
    imports: [...shapes, "checks/", "crdt/", "wire/"],
    types: ["pubsub/pubsub.ts"],
    globals: "language",
  },

  "crdt/": { imports: shapes, globals: "language" },
  // From `util`, as TextEncoder is no global in the jsdom environment of Jest.
  "wire/": { imports: [...shapes, "crdt/"], builtins: ["util"], globals: "language" },
  "signing/": { imports: [...shapes, "wire/"], builtins: ["crypto"] },
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
      "signing/",
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
  "phoenix/limits/": { imports: ["time/"], types: ["phoenix/error-origin.ts", "phoenix/protocol/"] },
  "phoenix/broadcast/": {
    imports: [
      ...shapes,
      "checks/",
      "wire/",
      "signing/",
      "pubsub/pubsub.ts",
      "phoenix/error-origin.ts",
      "phoenix/protocol/",
    ],
    types: ["time/clock.ts"],
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
      "tracker/owners/connection-of.ts",
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
    types: ["presence/", "tracker/meta/meta-types.ts", "tracker/owners/owner.ts"],
  },
  "phoenix/connect/": {
    imports: [
      ...shapes,
      "checks/",
      "phoenix/error-origin.ts",
      "phoenix/async/",
      "phoenix/protocol/",
      "phoenix/limits/",
    ],
    types: ["time/clock.ts"],
    builtins: ["http", "net", "stream"],
    packages: ["ws"],
  },
  "phoenix/longpoll/": {
    imports: [
      ...shapes,
      "checks/",
      "wire/",
      "signing/",
      "phoenix/protocol/",
      "phoenix/limits/",
      "phoenix/broadcast/",
      "phoenix/connect/",
      "phoenix/transport/",
    ],
    types: ["time/clock.ts", "pubsub/pubsub.ts", "phoenix/error-origin.ts"],
    builtins: ["crypto", "http", "timers/promises"],
    packages: ["nanoid"],
  },
  "phoenix/transport/": { types: ["phoenix/protocol/"], packages: ["ws"] },
  "phoenix/": {
    imports: [
      ...shapes,
      "time/",
      "checks/",
      "signing/",
      "pubsub/pubsub.ts",
      "phoenix/error-origin.ts",
      "phoenix/async/",
      "phoenix/protocol/",
      "phoenix/limits/",
      "phoenix/broadcast/",
      "phoenix/channel/",
      "phoenix/presence/",
      "phoenix/connect/",
      "phoenix/transport/",
      "phoenix/longpoll/",
    ],
    builtins: ["http", "diagnostics_channel"],
    packages: ["ws"],
  },
  "inspector/": { imports: [...shapes, "checks/", "presence/"], builtins: "all" },

  "testing/": { imports: server, builtins: "all" },
  // Its own entry, so that only callers who import arbitraries need fast-check.
  "testing/arbitraries/": { imports: [...server, "testing/"], packages: ["fast-check"] },

  "index.ts": {
    imports: [
      ...shapes,
      "time/",
      "replication/replication-errors.ts",
      "tracker/",
      "presence/",
      "pubsub/pubsub.ts",
      "pubsub/memory.ts",
    ],
  },
};

/** The key of the row of a path in `src/`, if there is one. */
export function rowOf(path: string): string | undefined {
  const keys = Object.keys(layers).filter((key) => covers(key, path));
  return keys.sort((one, other) => other.length - one.length)[0];
}

/** Whether a file or folder of the table is or contains the file at `path`. */
export function covers(place: string, path: string): boolean {
  return place.endsWith("/") ? path.startsWith(place) : path === place;
}
