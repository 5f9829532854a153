import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = new URL("../../", import.meta.url);

/** What the samples of a guide may import, as their paths below `src`, and how else they are compiled. */
interface SampleOptions extends Pick<ts.CompilerOptions, "lib" | "types" | "moduleDetection" | "jsx"> {
  readonly entries: Readonly<Record<string, string>>;
}

/** What a program for Node is compiled with. */
export const forNode: Pick<ts.CompilerOptions, "lib" | "types"> = {
  lib: ["lib.es2024.d.ts", "lib.esnext.disposable.d.ts"],
  types: ["node"],
};

/** The `ts` and `tsx` blocks of a guide. */
export function samplesOf(guide: string): string[] {
  return blocksOf(guide).map(({ code }) => code);
}

/** Compiles each `ts` and `tsx` block of a guide on its own: how many there are, and what is wrong with them. */
export function compileSamples(
  guide: string,
  { entries, ...rest }: SampleOptions,
): { readonly count: number; readonly faults: string } {
  const blocks = blocksOf(guide);
  const samples = blocks.map(({ code }) => code);
  const names = blocks.map(({ language }, index) =>
    fileURLToPath(new URL(`docs/sample-${index + 1}.${language}`, root)),
  );
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
  host.getSourceFile = (name, ...how) => {
    const sample = samples[names.indexOf(name)];
    if (sample !== undefined) return ts.createSourceFile(name, sample, how[0]);
    if (!name.endsWith(".d.ts")) return getSourceFile(name, ...how);
    if (!declarations.has(name)) declarations.set(name, getSourceFile(name, ...how));
    return declarations.get(name);
  };
  const program = ts.createProgram(names, options, host);
  // What they import is checked elsewhere, and is most of it.
  const faults = names.flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));
  const format = { ...host, getCanonicalFileName: (name: string) => name };
  return { count: samples.length, faults: ts.formatDiagnostics(faults, format) };
}

/** Read once a process: they are most of the work, and the same for every guide. */
const declarations = new Map<string, ts.SourceFile | undefined>();

function blocksOf(guide: string): { readonly language: string; readonly code: string }[] {
  const text = readFileSync(new URL(guide, root), "utf8");
  return Array.from(text.matchAll(/^```(tsx?)\n(.*?)^```$/gms), ([, language, code]) => ({
    language: language!,
    code: code!,
  }));
}
