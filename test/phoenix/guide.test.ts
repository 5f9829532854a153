import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const guide = new URL("../../docs/phoenix.md", import.meta.url);
const entry = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
const phoenix = fileURLToPath(new URL("../../src/phoenix/index.ts", import.meta.url));

it("has a guide whose samples compile, each on its own", () => {
  const samples = [...readFileSync(guide, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
  expect(samples.length).toBeGreaterThan(3);
  const names = samples.map((_, index) => fileURLToPath(new URL(`sample-${index + 1}.ts`, import.meta.url)));
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2024.d.ts", "lib.esnext.disposable.d.ts"],
    types: ["node"],
    paths: { rollcall: [entry], "rollcall/phoenix": [phoenix] },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => names.includes(name) || fileExists(name);
  host.getSourceFile = (name, target, ...rest) => {
    const sample = samples[names.indexOf(name)];
    return sample === undefined
      ? getSourceFile(name, target, ...rest)
      : ts.createSourceFile(name, sample, target);
  };
  const faults = ts.getPreEmitDiagnostics(ts.createProgram(names, options, host));
  expect(ts.formatDiagnostics(faults, { ...host, getCanonicalFileName: (name) => name })).toBe("");
});
