import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { shownCode } from "./shown-code.ts";

it("the example finds no bug in its reducer, and shows a stream that fails the buggy one", () => {
  const example = fileURLToPath(new URL("../../examples/property-test.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", example], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout).toContain("reduce: right in all of");
  expect(stdout).toMatch(/buggyReduce: wrong.*\n {2}presence_state /);
  expect(status).toBe(0);
});

it("the page shows the whole example, with the imports of a user", () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const code = read("examples/property-test.ts");
  const shown = shownCode(code, "../src/testing/arbitraries/index.ts", "rollcall/testing/arbitraries");
  expect(read("docs/property-test.md")).toContain(`\`\`\`ts\n${shown}\`\`\``);
});
