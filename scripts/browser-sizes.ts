import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";

/** What a browser loads of us, and what it may weigh. */
export interface BrowserBundle {
  readonly entry: "client" | "react";
  readonly names: string;
  readonly limit: number;
}

export const browserBundles: readonly BrowserBundle[] = [
  { entry: "client", names: "{ syncState, syncDiff, list }", limit: 1_000 },
  { entry: "client", names: "*", limit: 2_500 },
  // With React there already.
  { entry: "react", names: "*", limit: 500 },
];

/** As a page would load it: bundled, minified and gzipped. */
export async function bytesOf({ entry, names }: BrowserBundle): Promise<number> {
  return (await bundleForBrowser(`export ${names} from "./src/${entry}/index.ts";`, process.cwd())).bytes;
}

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

/** As pages write it: 2.1 kB. */
export function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
