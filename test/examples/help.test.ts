import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const examples = readdirSync(new URL("examples", root), { recursive: true, encoding: "utf8" })
  .filter((path) => /^[\w-]+\.ts$|^[\w-]+\/main\.ts$/.test(path))
  .sort();

it("finds the examples", () => {
  expect(examples).toContain("express.ts");
  expect(examples).toContain("live-readers/main.ts");
});

it.each(examples)("%s --help says what it is and how to run it, and does nothing else", (path) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", `examples/${path}`, "--help"],
    { cwd: root, encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^[A-Z].*\.\n(.*\n)*.*npm (run|start)/);
  expect(stdout).not.toContain("http://localhost");
  expect(status).toBe(0);
});
