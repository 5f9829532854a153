import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { stubsOf, stubsOfPackage } from "../../scripts/stubs.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folders = [...new Set([...stubsOfPackage().keys()].map((path) => path.split("/")[0]!))].sort();

it("a stub leads from its folder to the files of its entry", () => {
  const at = (path: string) => ({
    import: { types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` },
    require: { types: `./dist/${path}.d.cts`, default: `./dist/${path}.cjs` },
  });
  const stubs = stubsOf({
    ".": at("index"),
    "./client": at("client/index"),
    "./pubsub/redis": at("pubsub/redis"),
    "./package.json": "./package.json",
  });
  expect(Array.from(stubs, ([path, text]) => [path, JSON.parse(text)])).toEqual([
    [
      "client/package.json",
      {
        main: "../dist/client/index.cjs",
        module: "../dist/client/index.js",
        types: "../dist/client/index.d.ts",
      },
    ],
    [
      "pubsub/redis/package.json",
      {
        main: "../../dist/pubsub/redis.cjs",
        module: "../../dist/pubsub/redis.js",
        types: "../../dist/pubsub/redis.d.ts",
      },
    ],
  ]);
});

it("package.json packs the folder of every stub", () => {
  const { files } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  expect(folders.length).toBeGreaterThan(1);
  expect(files).toEqual(["dist", "docs/**/*.md", "CHANGELOG.md", ...folders]);
});

it(".gitignore has the folder of every stub", () => {
  const lines = readFileSync(`${root}.gitignore`, "utf8").split("\n");
  expect(lines.filter((line) => line.startsWith("/"))).toEqual(folders.map((folder) => `/${folder}/`));
});
