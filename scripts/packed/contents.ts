import { posix } from "node:path";
import { stubsOfPackage } from "../stubs.ts";
import { root, runIn } from "./project.ts";

/** The files of the root that every package has. */
const PAPERS = ["package.json", "README.md", "LICENSE", "CHANGELOG.md"];

/** The tarball holds the files of `exports`, the files that they import, the stubs, the guide, the papers, and no others. */
export function checkContents(tarball: string): string {
  const list = runIn(".", "tar", ["-tzf", tarball]).trim().split("\n");
  const packed = new Set(list.map((path) => path.replace(/^package\//, "")));
  const read = (path: string) => runIn(".", "tar", ["-xzOf", tarball, `package/${path}`]);
  const { exports } = JSON.parse(read("package.json"));
  const stubs = stubsOfPackage();
  const guide = runIn(root, "git", ["ls-files", "docs/*.md"]).trim().split("\n");
  const wanted = new Set([...PAPERS, ...stubs.keys(), ...guide]);
  const waiting = leavesOf(exports);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (wanted.has(path)) continue;
    wanted.add(path);
    if (path.startsWith("dist/") && packed.has(path)) waiting.push(...importedBy(path, read(path)));
  }
  const odd = [...packed].filter((path) => !wanted.has(path)).map((path) => `${path} is packed for nothing`);
  const lacking = [...wanted].filter((path) => !packed.has(path)).map((path) => `${path} is not packed`);
  if (odd.length + lacking.length > 0) throw new Error([...odd, ...lacking].join("\n"));
  for (const [path, text] of stubs) if (read(path) !== text) throw new Error(`${path} holds ${read(path)}`);
  return `${packed.size} files: ${stubs.size} stubs, ${guide.length} pages of the guide, ${PAPERS.join(", ")}, and the code`;
}

/** The paths in a tree of conditions. */
function leavesOf(exports: unknown): string[] {
  if (typeof exports === "string") return [posix.normalize(exports)];
  return Object.values(exports as object).flatMap(leavesOf);
}

/** The files beside it that a file imports. Declarations name the code that they declare. */
function importedBy(path: string, text: string): string[] {
  const [, declares] = /(\.d)\.c?ts$/.exec(path) ?? [];
  const specifiers = text.matchAll(/(?:from|import|require\(|import\()\s*(['"])(\.[^'"]*\.c?js)\1/g);
  return Array.from(specifiers, ([, , specifier]) => {
    const target = posix.join(posix.dirname(path), specifier!);
    return declares ? target.replace(/\.(c?)js$/, ".d.$1ts") : target;
  });
}
