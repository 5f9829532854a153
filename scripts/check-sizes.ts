/** Checks the sizes of the bundles for browsers. `npm run check:sizes`. */
import { browserBundles, bytesOf } from "./browser-sizes.ts";

for (const each of browserBundles) {
  const { entry, names, limit } = each;
  const bytes = await bytesOf(each);
  console.log(`${names} from rollcall/${entry}: ${bytes} B, at most ${limit} B`);
  // An empty bundle has about 20 bytes.
  if (bytes < 100 || bytes > limit) process.exitCode = 1;
}
