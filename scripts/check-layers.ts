/**
 * Checks that `src/` keeps the layers of `scripts/layers/table.ts`: what each folder imports, types included, and
 * which globals it uses. `npm run check:layers`, or `tsx scripts/check-layers.ts ROOT` for another tree.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkLayers } from "./layers/check-tree.ts";

const root = resolve(process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url)));
const { modules, dependencies, refusals } = await checkLayers(root);

for (const refusal of refusals) console.error(refusal);
console.log(`${modules} modules and ${dependencies} imports checked, ${refusals.length} refused`);
process.exitCode = refusals.length === 0 ? 0 : 1;
