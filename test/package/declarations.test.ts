import ts from "typescript";
import { describe, expect, it } from "vitest";
import { entrySources } from "../../scripts/entry-sources.ts";
import { programOf } from "../../scripts/typescript-program.ts";

const program = programOf(Object.values(entrySources));
const checker = program.getTypeChecker();
const entries = Object.entries(entrySources);
const sources = program.getSourceFiles().filter(({ fileName }) => /\/src\/.*\.tsx?$/.test(fileName));

/** Classes that users construct. */
const CONSTRUCTIBLE = new Set(["PresenceClient"]);

describe.each(entries)("%s", (_entry, source) => {
  it("declares exactly the values that the module exports", async () => {
    const declared = exportsOf(source)
      .filter(({ flags }) => flags & ts.SymbolFlags.Value)
      .map(({ name }) => name);
    const module: object = await import(source);
    expect(declared.sort()).toEqual(Object.keys(module).sort());
  });

  it("declares only private constructors, except for errors and the classes that users construct", () => {
    const constructible = exportsOf(source).filter(
      (symbol) => !isError(symbol) && hasPublicConstructor(symbol),
    );
    expect(constructible.map(({ name }) => name).filter((name) => !CONSTRUCTIBLE.has(name))).toEqual([]);
  });
});

it("no declaration has a member that is marked as internal", () => {
  expect(sources.length).toBeGreaterThan(100);
  const leaks = sources.filter(({ fileName, text }) => declarationsOf(fileName, text).includes("@internal"));
  expect(leaks.map(({ fileName }) => fileName)).toEqual([]);
});

it("a member that is marked as internal is left out of the declarations", () => {
  const code = `export class Door {
    /** @internal */
    key: number = 1;
    private constructor(opened: Date) {}
  }`;
  const declarations = declarationsOf("door.ts", code);
  expect(declarations).toContain("private constructor();");
  expect(declarations).not.toMatch(/key|Date/);
});

/** What an entry exports, as types or as values: each symbol itself, behind its re-exports. */
function exportsOf(source: string): ts.Symbol[] {
  const module = checker.getSymbolAtLocation(program.getSourceFile(source)!)!;
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
}

function isError(symbol: ts.Symbol): boolean {
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  return type.getProperty("stack") !== undefined;
}

function hasPublicConstructor({ flags, declarations }: ts.Symbol): boolean {
  if (!(flags & ts.SymbolFlags.Class)) return false;
  const members = declarations!.filter(ts.isClassDeclaration).flatMap(({ members }) => [...members]);
  const [construct] = members.filter(ts.isConstructorDeclaration);
  return construct === undefined || !(ts.getCombinedModifierFlags(construct) & ts.ModifierFlags.Private);
}

/** The declarations that the build makes of a file, by the options of our `tsconfig.json`. */
function declarationsOf(fileName: string, code: string): string {
  const compilerOptions = program.getCompilerOptions();
  return ts.transpileDeclaration(code, { fileName, compilerOptions }).outputText;
}
