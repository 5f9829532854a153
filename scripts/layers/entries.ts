import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";

/** Refuses an `index.ts` that does anything but re-export. */
export function checkEntries(root: string, paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (basename(path) !== "index.ts") return [];
    const file = ts.createSourceFile(
      path,
      readFileSync(join(root, "src", path), "utf8"),
      ts.ScriptTarget.Latest,
    );
    return file.statements
      .filter((statement) => !isReExport(statement))
      .map((statement) => {
        const line = file.getLineAndCharacterOfPosition(statement.getStart(file)).line + 1;
        return `src/${path}:${line}: an index.ts only re-exports; move this into another file`;
      });
  });
}

function isReExport(statement: ts.Statement): boolean {
  return ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
}
