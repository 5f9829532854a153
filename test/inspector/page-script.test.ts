import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";
import { pageScript } from "../../src/inspector/page-script.ts";

it("the page script compiles with the types of the browser and of the JSON", () => {
  expect(diagnosticsOf(pageScript)).toBe("");
  expect(
    diagnosticsOf(pageScript.replace(".lastHeardMs", ".heardMs").replace("lastHeardMs,", "heardMs,")),
  ).toMatch("Property 'heardMs' does not exist");
});

/** The errors that the TypeScript compiler reports for a script in the folder of the inspector. */
function diagnosticsOf(text: string): string {
  const name = fileURLToPath(new URL("../../src/inspector/page-script.js", import.meta.url));
  const options: ts.CompilerOptions = {
    checkJs: true,
    strict: true,
    noEmit: true,
    noUnusedLocals: true,
    allowImportingTsExtensions: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.esnext.disposable.d.ts"],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === name || fileExists(path);
  host.getSourceFile = (path, target, ...others) =>
    path === name ? ts.createSourceFile(path, text, target, true) : getSourceFile(path, target, ...others);
  const program = ts.createProgram([name], options, host);
  const file = program.getSourceFile(name)!;
  const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  return ts.formatDiagnostics(diagnostics, { ...host, getCanonicalFileName: (path: string) => path });
}
