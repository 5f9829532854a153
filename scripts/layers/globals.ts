import { join } from "node:path";
import ts from "typescript";
import { programOf } from "../typescript-program.ts";
import { type Layer, layers, rowOf } from "./table.ts";

/** Globals of the language that give access to the clock, to randomness or to the garbage collector. */
const IMPURE = ["Date", "globalThis", "WeakRef", "FinalizationRegistry"];
/** Globals outside of the language that only compute. */
const PURE = ["TextEncoder", "TextDecoder", "structuredClone"];
/** Globals of Node that browsers lack, and those of CommonJS. */
const NODE_ONLY = ["process", "Buffer", "global", "NodeJS", "setImmediate", "clearImmediate"];
const COMMON_JS = ["require", "module", "exports", "__dirname", "__filename"];

type Globals = NonNullable<Layer["globals"]>;

const REASONS: Record<Globals, string> = {
  language: "must not use clocks, timers, randomness or I/O; take them as arguments",
  browser: "also runs in browsers, which lack it",
};

/**
 * Refuses globals that the rows do not allow. The type checker tells a global from a local variable of the same name, so
 * a variable may be called `process`. It also finds `const Clock = Date`, and globals that a future Node adds.
 */
export function checkGlobals(root: string, paths: readonly string[]): string[] {
  const watched = paths.flatMap((path) => {
    const globals = layers[rowOf(path) ?? ""]?.globals;
    return globals === undefined ? [] : [{ path, globals, name: join(root, "src", path) }];
  });
  const program = programOf(watched.map(({ name }) => name));
  return watched.flatMap(({ path, globals, name }) => {
    const file = program.getSourceFile(name)!;
    return usesIn(file, globals, program).map((node) => {
      const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
      return `src/${path}:${line} uses ${node.getText(file)}: ${rowOf(path)} ${REASONS[globals]}`;
    });
  });
}

/** The nodes of a file that use a global which is not among `globals`. */
function usesIn(file: ts.SourceFile, globals: Globals, program: ts.Program): ts.Node[] {
  const uses: ts.Node[] = [];
  const checker = program.getTypeChecker();
  visit(file);
  return uses;

  function visit(node: ts.Node): void {
    const isUse = ts.isIdentifier(node) ? isForbidden(node) : globals === "language" && isEscape(node);
    if (isUse) uses.push(node);
    ts.forEachChild(node, visit);
  }

  function isForbidden(name: ts.Identifier): boolean {
    if (isMember(name)) return false;
    const files = declaringFiles(name);
    if (files.some((file) => !file.isDeclarationFile)) return false;
    if (globals === "browser") return [...NODE_ONLY, ...COMMON_JS].includes(name.text);
    if (IMPURE.includes(name.text)) return true;
    // `Math` is allowed only in front of a dot, where `isEscape` finds `Math.random`.
    if (name.text === "Math") return !ts.isPropertyAccessExpression(name.parent);
    const isLanguage = files.length === 0 || files.some((file) => program.isSourceFileDefaultLibrary(file));
    return !isLanguage && !PURE.includes(name.text);
  }

  /** The files that declare the name. A few names of the language, such as `undefined`, have no declaration. */
  function declaringFiles(name: ts.Identifier): ts.SourceFile[] {
    const symbol = ts.isShorthandPropertyAssignment(name.parent)
      ? checker.getShorthandAssignmentValueSymbol(name.parent)
      : checker.getSymbolAtLocation(name);
    return (symbol?.declarations ?? []).map((declaration) => declaration.getSourceFile());
  }
}

/** Whether the name is a member of a value or namespace, as in `value.member`, rather than a variable. */
function isMember(name: ts.Identifier): boolean {
  const { parent } = name;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === name;
  if (ts.isQualifiedName(parent)) return parent.right === name;
  return ts.isBindingElement(parent) && parent.propertyName === name;
}

/** Whether the node is a dynamic import or `Math.random`. */
function isEscape(node: ts.Node): boolean {
  if (ts.isCallExpression(node)) return node.expression.kind === ts.SyntaxKind.ImportKeyword;
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== "random") return false;
  return ts.isIdentifier(node.expression) && node.expression.text === "Math";
}
