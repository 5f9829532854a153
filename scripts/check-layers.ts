/**
 * Checks that each folder of `src/` imports and uses only what its row in `scripts/layers/table.ts` allows, and that
 * `bench/`, `examples/` and `scripts/` import no test. `npm run check:layers`, or `tsx scripts/check-layers.ts ROOT` for
 * another tree.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkLayers } from "./layers/check-tree.ts";

const root = resolve(process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url)));
const { modules, dependencies, tools, refusals } = await checkLayers(root);

for (const refusal of refusals) console.error(refusal);
console.log(
  `checked ${modules} modules with ${dependencies} imports, and ${tools} tools: ${refusals.length} refused`,
);
process.exitCode = refusals.length === 0 ? 0 : 1;
