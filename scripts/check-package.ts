/** Packs the package and looks for mistakes in its manifest and its types: `npm run check:package`. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack, root } from "./packed/project.ts";

const temporary = mkdtempSync(join(tmpdir(), "rollcall-package-"));
process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));
// Node does not emit "exit" when a signal ends it.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const tarball = pack(temporary);
check("publint", "run", tarball, "--strict");
// Of all profiles, only `strict` includes `moduleResolution: node10`.
check("attw", tarball, "--profile", "strict");

function check(program: string, ...args: readonly string[]): void {
  const { status } = spawnSync("npx", ["--no-install", program, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
