import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript";

/** Refuses each import of a file in `test/`. `paths` are files outside of it, by their path from `root`. */
export function checkTestImports(root: string, paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(root, path), "utf8"), true, true);
    return importedFiles
      .map(({ fileName }) => fileName)
      .filter((specifier) => isInTest(path, specifier))
      .map((specifier) => {
        const [folder] = path.split("/");
        return `${path} imports ${specifier}: only tests import test/; move what ${folder}/ needs into scripts/`;
      });
  });
}

function isInTest(path: string, specifier: string): boolean {
  return specifier.startsWith(".") && posix.join(posix.dirname(path), specifier).startsWith("test/");
}
