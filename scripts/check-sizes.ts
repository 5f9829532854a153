/** Holds what browsers load to its sizes, as a page would load it: bundled, minified and gzipped. `npm run check:sizes`. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const limits = [
  { entry: "client", names: "{ syncState, syncDiff, list }", limit: 1_000 },
  { entry: "client", names: "*", limit: 2_500 },
  // With React there already.
  { entry: "react", names: "*", limit: 500 },
];

for (const { entry, names, limit } of limits) {
  const stdin = { contents: `export ${names} from "./src/${entry}/index.ts";`, resolveDir: process.cwd() };
  const { outputFiles } = await build({
    stdin,
    external: ["react"],
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
  });
  const bytes = gzipSync(outputFiles[0]!.contents).length;
  console.log(`${names} from rollcall/${entry}: ${bytes} B, at most ${limit} B`);
  // An empty bundle is some 20 bytes: then nothing was measured.
  if (bytes < 100 || bytes > limit) process.exitCode = 1;
}
