import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { entrySources } from "../entry-sources.ts";

const root = new URL("../../", import.meta.url);

/** How samples are compiled. */
export interface SampleOptions extends Pick<ts.CompilerOptions, "lib" | "types" | "moduleDetection" | "jsx"> {
  /** Declarations of what the samples of a page use and don't show, as it is the reader's own. */
  readonly given?: string;
}

/** Where samples find what they import. */
export interface SamplePlace {
  /** In which they are compiled as if they stood there. */
  readonly folder: string;
  /** What they may import that is not installed there, and where its source is. */
  readonly sources: Readonly<Record<string, string>>;
}

/** What is imported by our names is our sources. */
const fromSources: SamplePlace = { folder: fileURLToPath(new URL("docs/", root)), sources: entrySources };

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
  { given = "", ...rest }: SampleOptions,
  place: SamplePlace = fromSources,
): { readonly count: number; readonly faults: string } {
  const blocks = blocksOf(guide);
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
    if (!read.has(name)) read.set(name, getSourceFile(name, ...how));
    return read.get(name);
  };
  const program = ts.createProgram(names, options, host);
  // What they import is checked elsewhere, and is most of it.
  const faults = names.flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));
  const format = { ...host, getCanonicalFileName: (name: string) => name };
  return { count: blocks.length, faults: ts.formatDiagnostics(faults, format) };
}

/** What samples import, read once a process: it is most of the work, and the same for every guide. */
const read = new Map<string, ts.SourceFile | undefined>();

function blocksOf(guide: string): { readonly language: string; readonly code: string }[] {
  const text = readFileSync(new URL(guide, root), "utf8");
  return Array.from(text.matchAll(/^```(tsx?)\n(.*?)^```$/gms), ([, language, code]) => ({
    language: language!,
    code: code!,
  }));
}
