/** Holds what browsers load to its sizes. `npm run check:sizes`. */
import { browserBundles, bytesOf } from "./browser-sizes.ts";

for (const each of browserBundles) {
  const { entry, names, limit } = each;
  const bytes = await bytesOf(each);
  console.log(`${names} from rollcall/${entry}: ${bytes} B, at most ${limit} B`);
  // An empty bundle is some 20 bytes: then nothing was measured.
  if (bytes < 100 || bytes > limit) process.exitCode = 1;
}
