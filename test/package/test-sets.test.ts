import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { restOfTests } from "../../vitest.config.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

it("every test file is in exactly one of the quick set and the rest", () => {
  const list = ["node_modules/vitest/vitest.mjs", "list", "--filesOnly", "--json"];
  const listed: { file: string; projectName: string }[] = JSON.parse(
    execFileSync(process.execPath, list, { cwd: root, encoding: "utf8" }),
  );
  const existing = readdirSync(`${root}test`, { recursive: true, encoding: "utf8" }).filter((path) =>
    /\.(test|spec)\.[cm]?[jt]sx?$/.test(path),
  );
  expect(existing.length).toBeGreaterThan(100);
  const files = listed.map(({ file }) => relative(root, file).split(sep).join("/"));
  expect(files.sort()).toEqual(existing.map((path) => `test/${path.split(sep).join("/")}`).sort());
  expect(new Set(listed.map(({ projectName }) => projectName))).toEqual(new Set(["quick", "rest"]));
});

it.each(restOfTests)("the rest has tests in %s", (glob) => {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "--", `:(glob)${glob}`];
  expect(execFileSync("git", list, { cwd: root, encoding: "utf8" })).not.toBe("");
});

it("CI runs both sets", () => {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  expect(scripts.test).toBe("vitest run --project quick");
  expect(scripts["test:all"]).toBe("vitest run");
  const lines = readFileSync(`${root}.ci/run`, "utf8")
    .split("\n")
    .map((line) => line.trim());
  expect(lines).toContain("npm cit");
  expect(lines).toContain("npx vitest run --project rest");
});
