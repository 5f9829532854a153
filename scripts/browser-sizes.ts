import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";

/** A bundle that browsers load, and its maximum size. */
export interface BrowserBundle {
  readonly entry: "client" | "react";
  /** The imported names, as in an export statement. */
  readonly names: string;
  /** Bytes. */
  readonly limit: number;
}

export const browserBundles: readonly BrowserBundle[] = [
  { entry: "client", names: "{ syncState, syncDiff, list }", limit: 1_000 },
  { entry: "client", names: "*", limit: 3_200 },
  // Without React itself.
  { entry: "react", names: "*", limit: 500 },
];

/** The bytes of a bundle after minification and gzip. */
export async function bytesOf({ entry, names }: BrowserBundle): Promise<number> {
  return (await bundleForBrowser(`export ${names} from "./src/${entry}/index.ts";`, process.cwd())).bytes;
}

/** Bundles a module as a page would load it. `bytes` is its size after gzip. */
export async function bundleForBrowser(
  contents: string,
  resolveDir: string,
): Promise<{ readonly code: string; readonly bytes: number; readonly metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir },
    external: ["react"],
    platform: "browser",
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    metafile: true,
    absWorkingDir: resolveDir,
  });
  return { code: outputFiles[0]!.text, bytes: gzipSync(outputFiles[0]!.contents).length, metafile };
}

/** A size as the docs write it: `2.1 kB`. */
export function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
