import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { guidePages } from "../guide/guide-pages.ts";
import { compileSamples } from "../guide/samples.ts";
import { type Project, root, runIn } from "./project.ts";

/** Every sample of the README and the guide compiles with the types of the tarball and with our development packages. */
export function checkSamples(folder: string, tarball: string): string {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "rollcall"), { recursive: true });
  runIn(folder, "tar", ["-xzf", tarball, "--strip-components=1", "-C", "node_modules/rollcall"]);
  for (const name of readdirSync(join(root, "node_modules"))) {
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  const place = { folder, sources: {} };
  let all = 0;
  for (const { path, options } of guidePages) {
    const { count, faults } = compileSamples(path, options, place);
    if (count === 0 || faults !== "") throw new Error(`${path}, ${count} samples: ${faults}`);
    all += count;
  }
  return `${all} samples of ${guidePages.length} pages compile with the types of the tarball`;
}

/** The first sample of the README prints the output that its comments show. */
export function checkFirstSample(project: Project): string {
  const [, sample] = /^```ts\n(.*?)^```$/ms.exec(readFileSync(`${root}README.md`, "utf8"))!;
  project.write("sample.mjs", transformSync(sample!, { loader: "ts" }).code);
  const printed = project.run("node", "sample.mjs").trim().split("\n");
  const expected = Array.from(sample!.matchAll(/; \/\/ ([{\d].*)$/gm), ([, text]) => text!);
  if (expected.length === 0 || printed.join("\n") !== expected.join("\n")) {
    throw new Error(
      `the sample of the README prints ${printed.join("\n")}\nbut its comments show ${expected.join("\n")}`,
    );
  }
  return `the sample of the README prints the ${expected.length} lines of its comments`;
}
