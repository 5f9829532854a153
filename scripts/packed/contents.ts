import { posix } from "node:path";
import { stubsOfPackage } from "../stubs.ts";
import { root, runIn } from "./project.ts";

/** Files at the root of every package. */
const PAPERS = ["package.json", "README.md", "LICENSE", "CHANGELOG.md"];

/** The tarball contains the files of `exports`, the files that they import, the stubs, the guide and `PAPERS`, and no others. */
export function checkContents(tarball: string): string {
  const list = runIn(".", "tar", ["-tzf", tarball]).trim().split("\n");
  const packed = new Set(list.map((path) => path.replace(/^package\//, "")));
  const read = (path: string) => runIn(".", "tar", ["-xzOf", tarball, `package/${path}`]);
  const { exports } = JSON.parse(read("package.json"));
  const stubs = stubsOfPackage();
  const guide = runIn(root, "git", ["ls-files", "docs/*.md"]).trim().split("\n");
  const wanted = new Set([...PAPERS, ...stubs.keys(), ...guide]);
  const queue = leavesOf(exports);
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (wanted.has(path)) continue;
    wanted.add(path);
    if (path.startsWith("dist/") && packed.has(path)) queue.push(...importedBy(path, read(path)));
  }
  const unexpected = [...packed]
    .filter((path) => !wanted.has(path))
    .map((path) => `${path} is packed but never used`);
  const missing = [...wanted].filter((path) => !packed.has(path)).map((path) => `${path} is not packed`);
  if (unexpected.length + missing.length > 0) throw new Error([...unexpected, ...missing].join("\n"));
  for (const [path, text] of stubs)
    if (read(path) !== text) throw new Error(`the stub ${path} contains ${read(path)}`);
  return `${packed.size} files: ${stubs.size} stubs, ${guide.length} pages of the guide, ${PAPERS.join(", ")}, and the code`;
}

/** All paths in the conditions of `exports`. */
function leavesOf(exports: unknown): string[] {
  if (typeof exports === "string") return [posix.normalize(exports)];
  return Object.values(exports as object).flatMap(leavesOf);
}

/** The packed files that a file imports. A declaration file imports the `.js` file, which stands for its `.d.ts`. */
function importedBy(path: string, text: string): string[] {
  const [, declares] = /(\.d)\.c?ts$/.exec(path) ?? [];
  const specifiers = text.matchAll(/(?:from|import|require\(|import\()\s*(['"])(\.[^'"]*\.c?js)\1/g);
  return Array.from(specifiers, ([, , specifier]) => {
    const target = posix.join(posix.dirname(path), specifier!);
    return declares ? target.replace(/\.(c?)js$/, ".d.$1ts") : target;
  });
}
