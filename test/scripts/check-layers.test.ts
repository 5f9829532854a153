import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkLayers } from "../../scripts/layers/check-tree.ts";

/** The lines of each file, by path. */
type Tree = Readonly<Record<string, readonly string[]>>;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "layers-"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

it("accepts a tree that keeps the layers, and says how many files it read", async () => {
  const tree: Tree = {
    "src/payload.ts": ["export type Json = string;"],
    "src/errors.ts": ["export class TooLarge extends Error {}"],
    "src/time/clock.ts": ["export const now = () => Date.now();"],
    "src/crdt/size.ts": [
      'import type { Json } from "../payload.ts";',
      'import { TooLarge } from "../errors.ts";',
      "export function size(process: Json): number {",
      "  if (process.length > 9) throw new TooLarge();",
      "  return Math.floor(new TextEncoder().encode(process).length);",
      "}",
    ],
    "src/crdt/index.ts": ['export { size } from "./size.ts";'],
    "src/wire/replica-message.ts": [
      'import { size } from "../crdt/size.ts";',
      "export type Message = typeof size;",
    ],
    "src/replication/step.ts": [
      'import type { Message } from "../wire/replica-message.ts";',
      'export type Step = Message | import("../wire/replica-message.ts").Message;',
    ],
    "src/pubsub/pubsub.ts": ["export interface PubSub {}"],
    "src/pubsub/memory.ts": [
      'import { Buffer } from "node:buffer";',
      'import { text } from "./internal/text.ts";',
      'import type { PubSub } from "./pubsub.ts";',
      "export const memory: PubSub = { text, Buffer };",
    ],
    "src/pubsub/internal/text.ts": ["export const text = 1;"],
    "src/tracker/tracker.ts": [
      'import { channel } from "node:diagnostics_channel";',
      'import { now } from "../time/clock.ts";',
      'import type { PubSub } from "../pubsub/pubsub.ts";',
      "export const track = (pubsub: PubSub) => [pubsub, channel, now];",
    ],
    "src/presence/presence.ts": ['export { track } from "../tracker/tracker.ts";'],
    "src/client/store.ts": ["export const later = () => setTimeout(() => {}, Date.now() % 9);"],
    "src/testing/arbitraries/history.ts": [
      'import { array } from "fast-check";',
      "export const history = array;",
    ],
    "src/index.ts": [
      'export { track } from "./tracker/tracker.ts";',
      'export { memory } from "./pubsub/memory.ts";',
    ],
    "scripts/check.ts": ['import { memory } from "../src/pubsub/memory.ts";', "memory;"],
    "bench/run.ts": ['import "../scripts/check.ts";', 'import "test/a.ts";'],
    "node_modules/fast-check/package.json": ['{ "name": "fast-check", "main": "index.js" }'],
    "node_modules/fast-check/index.js": ["exports.array = 1;"],
  };
  plant(tree);
  expect(await checkLayers(root)).toEqual({ modules: 15, dependencies: 16, tools: 2, refusals: [] });
});

describe("checkLayers", () => {
  const upward = ['export const message = "";'];
  const cases: ReadonlyArray<readonly [what: string, tree: Tree, refusal: RegExp]> = [
    [
      "an import from above",
      { "src/crdt/a.ts": ['import { message } from "../wire/b.ts";', "message;"], "src/wire/b.ts": upward },
      /^src\/crdt\/a\.ts imports \.\.\/wire\/b\.ts: crdt\/ may import payload\.ts, errors\.ts, log-message\.ts$/,
    ],
    [
      "a type import from above",
      {
        "src/crdt/a.ts": ['import type { B } from "../wire/b.ts";'],
        "src/wire/b.ts": ["export type B = 1;"],
      },
      /^src\/crdt\/a\.ts imports \.\.\/wire\/b\.ts: /,
    ],
    [
      "an inline type import from above",
      {
        "src/crdt/a.ts": ['export type A = import("../wire/b.ts").B;'],
        "src/wire/b.ts": ["export type B = 1;"],
      },
      /^src\/crdt\/a\.ts imports \.\.\/wire\/b\.ts: /,
    ],
    [
      "a re-export from above",
      { "src/crdt/a.ts": ['export * from "../wire/b.ts";'], "src/wire/b.ts": upward },
      /^src\/crdt\/a\.ts imports \.\.\/wire\/b\.ts: /,
    ],
    [
      "an import of a value from a folder that the row allows for types only",
      {
        "src/replication/a.ts": ['import { message } from "../wire/b.ts";', "message;"],
        "src/wire/b.ts": upward,
      },
      /^src\/replication\/a\.ts imports \.\.\/wire\/b\.ts: replication\/ may import only types from there$/,
    ],
    [
      "a value next to types from a folder that the row allows for types only",
      {
        "src/replication/a.ts": [
          'import type { B } from "../wire/b.ts";',
          'export { message } from "../wire/b.ts";',
        ],
        "src/wire/b.ts": [...upward, "export type B = 1;"],
      },
      /^src\/replication\/a\.ts imports \.\.\/wire\/b\.ts: replication\/ may import only types from there$/,
    ],
    [
      "the clock in a folder whose row lacks it",
      {
        "src/crdt/a.ts": ['import type { Clock } from "../time/clock.ts";'],
        "src/time/clock.ts": ["export type Clock = 1;"],
      },
      /^src\/crdt\/a\.ts imports \.\.\/time\/clock\.ts: /,
    ],
    [
      "a driver that imports another driver",
      { "src/pubsub/ioredis.ts": ['export * from "./redis.ts";'], "src/pubsub/redis.ts": upward },
      /^src\/pubsub\/ioredis\.ts imports \.\/redis\.ts: /,
    ],
    [
      "a driver in the tracker",
      { "src/tracker/a.ts": ['export * from "../pubsub/redis.ts";'], "src/pubsub/redis.ts": upward },
      /^src\/tracker\/a\.ts imports \.\.\/pubsub\/redis\.ts: /,
    ],
    [
      "an import of the arbitraries, which need fast-check, in the rest of testing",
      {
        "src/testing/a.ts": ['export * from "./arbitraries/b.ts";'],
        "src/testing/arbitraries/b.ts": upward,
      },
      /^src\/testing\/a\.ts imports \.\/arbitraries\/b\.ts: /,
    ],
    [
      "a cycle",
      {
        "src/crdt/a.ts": ['import { b } from "./b.ts";', "export const a = () => b;"],
        "src/crdt/b.ts": ['import { a } from "./a.ts";', "export const b = () => a;"],
      },
      /^src\/crdt\/a\.ts is in a cycle: it imports src\/crdt\/b\.ts, which imports src\/crdt\/a\.ts$/,
    ],
    [
      "a cycle of type imports",
      {
        "src/crdt/a.ts": ['import type { C } from "./c.ts";', "export type A = C;"],
        "src/crdt/b.ts": ['import type { A } from "./a.ts";', "export type B = A;"],
        "src/crdt/c.ts": ['import type { B } from "./b.ts";', "export type C = B[];"],
      },
      /^src\/crdt\/a\.ts is in a cycle: it imports src\/crdt\/c\.ts, which imports src\/crdt\/b\.ts, which /,
    ],
    [
      "a module of Node in a pure folder",
      { "src/crdt/a.ts": ['import { randomUUID } from "node:crypto";', "randomUUID;"] },
      /^src\/crdt\/a\.ts imports crypto: of Node's modules, crdt\/ may import nothing$/,
    ],
    [
      "a module of Node that the row lacks",
      { "src/tracker/a.ts": ['import { Server } from "node:net";', "Server;"] },
      /^src\/tracker\/a\.ts imports net: of Node's modules, tracker\/ may import diagnostics_channel$/,
    ],
    [
      "a package in a pure folder",
      { "src/crdt/a.ts": ['import { nanoid } from "nanoid";', "nanoid;"] },
      /^src\/crdt\/a\.ts imports nanoid: of packages, crdt\/ may import nothing$/,
    ],
    [
      "the types of a package in the client",
      { "src/client/a.ts": ['import type { Socket } from "phoenix";'] },
      /^src\/client\/a\.ts imports phoenix: of packages, client\/ may import nothing$/,
    ],
    [
      "an import of a package that is not installed",
      { "src/tracker/a.ts": ['import { nanoid } from "nanoid";', "nanoid;"] },
      /^src\/tracker\/a\.ts imports nanoid: it cannot be resolved$/,
    ],
    [
      "an import of a file that does not exist",
      { "src/crdt/a.ts": ['import { b } from "./b.ts";', "b;"] },
      /^src\/crdt\/a\.ts imports \.\/b\.ts: it cannot be resolved$/,
    ],
    [
      "an import from outside of src",
      { "src/crdt/a.ts": ['export * from "../../test/b.ts";'], "test/b.ts": upward },
      /^src\/crdt\/a\.ts imports \.\.\/\.\.\/test\/b\.ts: it is outside src\/$/,
    ],
    ["a folder without a row", { "src/utils/a.ts": upward }, /^src\/utils\/a\.ts: no row of the layer table/],
    ["a file without a row", { "src/types.ts": upward }, /^src\/types\.ts: no row of the layer table/],
    [
      "the import of a folder's index.ts",
      {
        "src/wire/a.ts": ['export * from "../crdt/index.ts";'],
        "src/crdt/index.ts": ['export * from "./b.ts";'],
        "src/crdt/b.ts": upward,
      },
      /^src\/wire\/a\.ts imports \.\.\/crdt\/index\.ts: index\.ts files are for users/,
    ],
    [
      "an index.ts with code",
      {
        "src/crdt/index.ts": ['export * from "./b.ts";', "export const version = 1;"],
        "src/crdt/b.ts": upward,
      },
      /^src\/crdt\/index\.ts:2: an index\.ts only re-exports/,
    ],
    ["a tree without code", { "src/README.md": ["Soon."] }, /^src: no source file was found$/],
    ["an empty folder", {}, /^src: no source file was found$/],
    [
      "a source in JavaScript",
      { "src/crdt/a.js": upward },
      /^src\/crdt\/a\.js: sources must be \.ts or \.tsx/,
    ],
  ];

  it.each(cases)("refuses %s", async (_, tree, refusal) => {
    plant(tree);
    const { refusals } = await checkLayers(root);
    expect(refusals).toEqual([expect.stringMatching(refusal)]);
  });

  it.each(["bench/latency/run.ts", "examples/blog.ts", "scripts/packed/run.ts"])(
    "refuses an import of a test in %s",
    async (path) => {
      const up = "../".repeat(path.split("/").length - 1);
      plant({
        "src/payload.ts": upward,
        [path]: [
          `import { a } from "${up}src/payload.ts";`,
          `import { b } from "${up}test/b.ts";`,
          `import type { C } from "${up}test/c.ts";`,
          `export { d } from "${up}test/d.ts";`,
          `export const e = () => import("${up}test/e.ts");`,
        ],
        "test/b.ts": upward,
      });
      const { refusals } = await checkLayers(root);
      expect(refusals).toEqual(
        ["b", "c", "d", "e"].map((name) =>
          expect.stringMatching(
            new RegExp(`^${path} imports ${up}test/${name}\\.ts: only tests import test/`),
          ),
        ),
      );
    },
  );

  it("refuses a tree of which no file was read", async () => {
    plant({ "src/crdt/a.ts": upward });
    const readNothing = async () => ({ modules: [], dependencies: 0, refusals: [] });
    const { refusals } = await checkLayers(root, readNothing);
    expect(refusals).toEqual(["src/crdt/a.ts: dependency-cruiser did not read it"]);
  });

  it("makes the command exit with 1 and print the refused file", () => {
    plant({ "src/utils/a.ts": upward });
    const { code, output } = run();
    expect(output).toContain("src/utils/a.ts: no row of the layer table");
    expect(output).toContain("checked 1 modules with 0 imports, and 0 tools: 1 refused");
    expect(code).toBe(1);
  });
});

describe("a pure folder", () => {
  const uses: ReadonlyArray<readonly [line: string, use: string]> = [
    ["export const at = Date.now();", "Date"],
    ["export const Clock = Date;", "Date"],
    ["export const clocks = { Date };", "Date"],
    ["export const later = (date: Date) => date;", "Date"],
    ["export const chance = Math.random();", "Math.random"],
    ["export const chances = [1, 2].map(Math.random);", "Math.random"],
    ['export const chance = Math["random"]();', "Math"],
    ["export const { random } = Math;", "Math"],
    ["export const chance = globalThis.Math.random();", "globalThis"],
    ["export const at = performance.now();", "performance"],
    ["setTimeout(() => {}, 1);", "setTimeout"],
    ["setInterval(() => {}, 1);", "setInterval"],
    ["setImmediate(() => {});", "setImmediate"],
    ["queueMicrotask(() => {});", "queueMicrotask"],
    ["export const name = process.pid;", "process"],
    ["export const bytes = Buffer.alloc(1);", "Buffer"],
    ["export const id = crypto.randomUUID();", "crypto"],
    ["console.log(1);", "console"],
    ["export const get = fetch;", "fetch"],
    ['export const late = import("./set.ts");', 'import("./set.ts")'],
    ["export const load = require;", "require"],
  ];

  it.each(["crdt", "wire", "replication"])(
    "%s may not use a clock, a timer, randomness or I/O",
    async (folder) => {
      plant({
        [`src/${folder}/set.ts`]: ["export {};"],
        [`src/${folder}/a.ts`]: uses.map(([line]) => line),
      });
      const { refusals } = await checkLayers(root);
      expect(refusals.map((refusal) => refusal.split(":", 3).slice(0, 2).join(":"))).toEqual(
        uses.map(([, use], at) => `src/${folder}/a.ts:${at + 1} uses ${use}`),
      );
    },
  );

  it("may use the name of a global for a variable or a member, and in comments and strings", async () => {
    plant({
      "src/crdt/a.ts": [
        "// Date, process, Math.random()",
        'const process = ["Date", "Math.random()"];',
        "function at(performance: number): number { return performance + process.length; }",
        "export const clock = { Date: at, random: Math.floor(1.5), process };",
        "export const reading = clock.Date(clock.random);",
      ],
    });
    expect((await checkLayers(root)).refusals).toEqual([]);
  });
});

it("lets the client use the globals of browsers, and refuses those of Node only", async () => {
  plant({
    "src/client/a.ts": [
      "export const at = [Date.now(), Math.random(), setTimeout, queueMicrotask, console];",
      "export const name = process.pid;",
      "export const bytes = Buffer.alloc(1);",
      "setImmediate(() => {});",
    ],
  });
  expect((await checkLayers(root)).refusals).toEqual([
    expect.stringContaining("src/client/a.ts:2 uses process: "),
    expect.stringContaining("src/client/a.ts:3 uses Buffer: "),
    expect.stringContaining("src/client/a.ts:4 uses setImmediate: "),
  ]);
});

function plant(tree: Tree): void {
  for (const [path, lines] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), lines.join("\n"));
  }
}

/** Runs the command of `npm run check:layers` on the planted tree. */
function run(): { code: number | null; output: string } {
  const script = fileURLToPath(new URL("../../scripts/check-layers.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", script, root], {
    encoding: "utf8",
  });
  return { code: status, output: stdout + stderr };
}
