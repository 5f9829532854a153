import { join } from "node:path";
import ts from "typescript";
import { programOf } from "../typescript-program.ts";
import { type Layer, layers, rowOf } from "./table.ts";

/** Globals of the language that let in the clock, randomness or the garbage collector. */
const IMPURE = ["Date", "globalThis", "WeakRef", "FinalizationRegistry"];
/** Globals beyond the language that compute, and do nothing else. */
const PURE = ["TextEncoder", "TextDecoder", "structuredClone"];
/** Globals that Node has and browsers lack, and those of CommonJS. */
const NODE_ONLY = ["process", "Buffer", "global", "NodeJS", "setImmediate", "clearImmediate"];
const COMMON_JS = ["require", "module", "exports", "__dirname", "__filename"];

type Globals = NonNullable<Layer["globals"]>;

const REASONS: Record<Globals, string> = {
  language: "has no clock, timer, randomness or I/O of its own; take what you need as an argument",
  browser: "runs in browsers too, which lack it",
};

/**
 * Refuses what the `globals` of the rows don't allow. The type checker says what a name stands for: so a variable
 * of ours may be called `process`, `const Clock = Date` is seen, and so is a global that Node adds next year.
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

/** The nodes of a file that reach for a global which is not among `globals`. */
function usesIn(file: ts.SourceFile, globals: Globals, program: ts.Program): ts.Node[] {
  const uses: ts.Node[] = [];
  const checker = program.getTypeChecker();
  visit(file);
  return uses;

  function visit(node: ts.Node): void {
    const isUse = ts.isIdentifier(node) ? isForeign(node) : globals === "language" && isWayOut(node);
    if (isUse) uses.push(node);
    ts.forEachChild(node, visit);
  }

  function isForeign(name: ts.Identifier): boolean {
    if (isMember(name)) return false;
    const homes = homesOf(name);
    if (homes.some((home) => !home.isDeclarationFile)) return false;
    if (globals === "browser") return [...NODE_ONLY, ...COMMON_JS].includes(name.text);
    if (IMPURE.includes(name.text)) return true;
    // `Math` stands in front of a dot only, so that `isWayOut` sees every `random` of it.
    if (name.text === "Math") return !ts.isPropertyAccessExpression(name.parent);
    const isLanguage = homes.length === 0 || homes.some((home) => program.isSourceFileDefaultLibrary(home));
    return !isLanguage && !PURE.includes(name.text);
  }

  /** The files that declare what the name stands for; none for the few names built into the language. */
  function homesOf(name: ts.Identifier): ts.SourceFile[] {
    const symbol = ts.isShorthandPropertyAssignment(name.parent)
      ? checker.getShorthandAssignmentValueSymbol(name.parent)
      : checker.getSymbolAtLocation(name);
    return (symbol?.declarations ?? []).map((declaration) => declaration.getSourceFile());
  }
}

/** Whether the name is looked up in a value or a namespace, as `member` in `value.member`, and not in scope. */
function isMember(name: ts.Identifier): boolean {
  const { parent } = name;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === name;
  if (ts.isQualifiedName(parent)) return parent.right === name;
  return ts.isBindingElement(parent) && parent.propertyName === name;
}

function isWayOut(node: ts.Node): boolean {
  if (ts.isCallExpression(node)) return node.expression.kind === ts.SyntaxKind.ImportKeyword;
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== "random") return false;
  return ts.isIdentifier(node.expression) && node.expression.text === "Math";
}
