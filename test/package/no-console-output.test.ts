import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const SOURCE = fileURLToPath(new URL("../../src/", import.meta.url));

it("the library writes nothing to the console: it reports through events, errors and process warnings", () => {
  const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((path) =>
    /\.tsx?$/.test(path),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap((path) => writesIn(path, readFileSync(join(SOURCE, path), "utf8")))).toEqual([]);
});

it("finds code that writes to the console, to stdout or to stderr", () => {
  const code =
    'console.log("a");\nprocess.stderr.write("b");\nconst { stdout } = process;\n// console.log("c")\n';
  expect(writesIn("loud.ts", code)).toEqual(["loud.ts:1", "loud.ts:2", "loud.ts:3"]);
});

/** The lines whose code uses the console, stdout or stderr. Comments and strings do not count. */
function writesIn(path: string, code: string): string[] {
  const file = ts.createSourceFile(path, code, ts.ScriptTarget.Latest);
  const lines: string[] = [];
  visit(file);
  return lines;

  function visit(node: ts.Node): void {
    if (ts.isIdentifier(node) && ["console", "stdout", "stderr"].includes(node.text)) {
      lines.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}`);
    }
    ts.forEachChild(node, visit);
  }
}
