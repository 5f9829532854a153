import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = new URL("../../", import.meta.url);

/** What the samples of a guide may import, as their paths below `src`, and how else they are compiled. */
interface SampleOptions extends Pick<ts.CompilerOptions, "lib" | "types" | "moduleDetection"> {
  readonly entries: Readonly<Record<string, string>>;
}

/** What a program for Node is compiled with. */
export const forNode: Pick<ts.CompilerOptions, "lib" | "types"> = {
  lib: ["lib.es2024.d.ts", "lib.esnext.disposable.d.ts"],
  types: ["node"],
};

/** Compiles each `ts` block of a guide on its own: how many there are, and what is wrong with them. */
export function compileSamples(
  guide: string,
  { entries, ...rest }: SampleOptions,
): { readonly count: number; readonly faults: string } {
  const text = readFileSync(new URL(guide, root), "utf8");
  const samples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
  const names = samples.map((_, index) => fileURLToPath(new URL(`docs/sample-${index + 1}.ts`, root)));
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    ...rest,
    paths: Object.fromEntries(
      Object.entries(entries).map(([name, path]) => [name, [fileURLToPath(new URL(`src/${path}`, root))]]),
    ),
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => names.includes(name) || fileExists(name);
  host.getSourceFile = (name, target, ...others) => {
    const sample = samples[names.indexOf(name)];
    return sample === undefined
      ? getSourceFile(name, target, ...others)
      : ts.createSourceFile(name, sample, target);
  };
  const faults = ts.getPreEmitDiagnostics(ts.createProgram(names, options, host));
  const format = { ...host, getCanonicalFileName: (name: string) => name };
  return { count: samples.length, faults: ts.formatDiagnostics(faults, format) };
}
