import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import { entrySources } from "../../scripts/entry-sources.ts";

/** Bundles a program into a JavaScript file that plain Node runs in another thread or process. */
export async function bundle(source: URL): Promise<{ path: string; remove: () => void }> {
  return bundled({ entryPoints: [fileURLToPath(source)] });
}

/** Bundles code that is not in a file. It may import our entries by their names. */
export async function bundleCode(
  code: string,
  options: Pick<BuildOptions, "minify" | "format" | "conditions"> = {},
): Promise<{ path: string; remove: () => void }> {
  return bundled({
    ...options,
    stdin: { contents: code, loader: "ts", resolveDir: fileURLToPath(new URL("../../", import.meta.url)) },
    plugins: [
      {
        name: "entries",
        setup({ onResolve }) {
          onResolve({ filter: /^rollcall(\/|$)/ }, ({ path }) => ({
            path: entrySources[path]!,
          }));
        },
      },
    ],
  });
}

async function bundled(options: BuildOptions): Promise<{ path: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-"));
  const isCommonJs = options.format === "cjs";
  const path = join(folder, isCommonJs ? "program.cjs" : "program.mjs");
  await build({
    outfile: path,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // CommonJS packages call `require` at run time.
    banner: isCommonJs
      ? {}
      : { js: 'import { createRequire as toRequire } from "node:module"; const require = toRequire("/");' },
    external: ["pg-native"],
    logLevel: "silent",
    ...options,
  });
  return { path, remove: () => rmSync(folder, { recursive: true }) };
}
