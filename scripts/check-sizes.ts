/** Holds the client to its sizes, as a page would load it: bundled, minified and gzipped. `npm run check:sizes`. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const limits = { "{ syncState, syncDiff, list }": 1_000, "*": 2_500 };

for (const [names, limit] of Object.entries(limits)) {
  const stdin = { contents: `export ${names} from "./src/client/index.ts";`, resolveDir: process.cwd() };
  const { outputFiles } = await build({ stdin, bundle: true, minify: true, format: "esm", write: false });
  const bytes = gzipSync(outputFiles[0]!.contents).length;
  console.log(`${names} from rollcall/client: ${bytes} B, at most ${limit} B`);
  // An empty bundle is some 20 bytes: then nothing was measured.
  if (bytes < 100 || bytes > limit) process.exitCode = 1;
}
