import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("the example prints joins and leaves, also of a node that shuts down, and alice is never absent", () => {
  const example = fileURLToPath(new URL("../../examples/three-nodes.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", example], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout.match(/lima sees .*/g)).toEqual([
    "lima sees +alice in article:7 (remote): 1 reading",
    "lima sees +bob in article:7 (remote): 2 reading",
    "lima sees +alice -alice in article:7 (remote): 2 reading",
    "lima sees -bob -alice in article:7 (replica): 0 reading",
  ]);
  expect(status).toBe(0);
});
