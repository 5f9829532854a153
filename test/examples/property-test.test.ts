import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("the example finds its reducer right, and the forgetful one wrong, with a stream that shows it", () => {
  const example = fileURLToPath(new URL("../../examples/property-test.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", example], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout).toContain("reduce: right in all of");
  expect(stdout).toMatch(/forgetful: wrong.*\n {2}presence_state /);
  expect(status).toBe(0);
});
