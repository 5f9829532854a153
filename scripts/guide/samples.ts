import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { entrySources } from "../entry-sources.ts";

const root = new URL("../../", import.meta.url);

/** Compiler options for the samples of a page. */
export interface SampleOptions extends Pick<ts.CompilerOptions, "lib" | "types" | "moduleDetection" | "jsx"> {
  /** Declarations of the code of the reader, which the samples use but do not show. */
  readonly given?: string;
}

/** The folder of the samples, and the packages that they import. */
export interface SamplePlace {
  /** Samples are compiled as if they were files of this folder. */
  readonly folder: string;
  /** Source files of packages that are not installed there, by import path. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Imports of `rollcall` lead to our sources. */
const fromSources: SamplePlace = { folder: fileURLToPath(new URL("docs/", root)), sources: entrySources };

/** Options for a program that runs in Node. */
export const forNode: Pick<ts.CompilerOptions, "lib" | "types"> = {
  lib: ["lib.es2024.d.ts", "lib.esnext.disposable.d.ts"],
  types: ["node"],
};

/** The code of the `ts` and `tsx` blocks of a page. */
export function samplesOf(page: string): string[] {
  return blocksOf(page).map(({ code }) => code);
}

/** Compiles each `ts` and `tsx` block of a page on its own. Returns their number and the errors. */
export function compileSamples(
  page: string,
  { given = "", ...rest }: SampleOptions,
  place: SamplePlace = fromSources,
): { readonly count: number; readonly faults: string } {
  const blocks = blocksOf(page);
  const samples = [given, ...blocks.map(({ code }) => code)];
  const names = ["given.d.ts", ...blocks.map(({ language }, index) => `sample-${index + 1}.${language}`)].map(
    (name) => join(place.folder, name),
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
    paths: Object.fromEntries(Object.entries(place.sources).map(([name, path]) => [name, [path]])),
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => names.includes(name) || fileExists(name);
  host.getSourceFile = (name, ...how) => {
    const sample = samples[names.indexOf(name)];
    if (sample !== undefined) return ts.createSourceFile(name, sample, how[0]);
    if (!parsedFiles.has(name)) parsedFiles.set(name, getSourceFile(name, ...how));
    return parsedFiles.get(name);
  };
  const program = ts.createProgram(names, options, host);
  // Only the samples: other checks report errors in the files that they import.
  const faults = names.flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));
  const format = { ...host, getCanonicalFileName: (name: string) => name };
  return { count: blocks.length, faults: ts.formatDiagnostics(faults, format) };
}

/** Parsed files that samples import. They are most of the work, so they are read once per process. */
const parsedFiles = new Map<string, ts.SourceFile | undefined>();

function blocksOf(page: string): { readonly language: string; readonly code: string }[] {
  const text = readFileSync(new URL(page, root), "utf8");
  return Array.from(text.matchAll(/^```(tsx?)\n(.*?)^```$/gms), ([, language, code]) => ({
    language: language!,
    code: code!,
  }));
}
