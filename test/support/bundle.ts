import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** A program for other threads and processes, as JavaScript that plain Node starts at once. */
export async function bundle(source: URL): Promise<{ path: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-"));
  const path = join(folder, "program.mjs");
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile: path,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // Packages made for `require` look for it when they are run.
    banner: {
      js: 'import { createRequire as toRequire } from "node:module"; const require = toRequire("/");',
    },
    external: ["pg-native"],
    logLevel: "silent",
  });
  return { path, remove: () => rmSync(folder, { recursive: true }) };
}
