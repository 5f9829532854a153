import { spawnSync } from "node:child_process";
import { join } from "node:path";
import ts from "typescript";
import { programOf } from "../../scripts/typescript-program.ts";
import { MUTABLE, mayChange } from "./mutant-faults.ts";

/** Applies a patch to a copy of the repository. Throws unless it applies, changes only what a mutant may change, and compiles. */
export function applyPatch(folder: string, patch: string): void {
  const changed = changedFiles(folder, patch);
  const outside = changed.filter((path) => !mayChange(path));
  if (outside.length > 0)
    throw new Error(`it changes ${outside.join(", ")}; a mutant may change ${MUTABLE} only`);
  git(folder, ["apply", "--whitespace=nowarn", patch]);
  const error = compileError(changed.map((path) => join(folder, path)));
  if (error !== undefined) throw new Error(`it does not compile: ${error}`);
}

/** The files that a patch changes, by their paths from the folder. Applies nothing, but throws unless the patch applies. */
export function changedFiles(folder: string, patch: string): string[] {
  return git(folder, ["apply", "--check", "--numstat", "-z", patch])
    .split("\0")
    .filter((entry) => entry !== "")
    .map((entry) => entry.split("\t").at(-1)!);
}

function git(folder: string, options: readonly string[]): string {
  // With a ceiling git treats the copy as a plain folder, even inside another repository.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: join(folder, "..") };
  const { status, stdout, stderr } = spawnSync("git", options, { cwd: folder, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`it does not apply: ${stderr.trim().replaceAll("\n", "; ")}`);
  return stdout;
}

/**
 * The first error of the type checker in these files: a misspelled name would fail any test and prove nothing. Errors about
 * unused code are ignored, because a bug may leave code unused.
 */
function compileError(names: readonly string[]): string | undefined {
  const program = programOf(names.filter((name) => ts.sys.fileExists(name)));
  const unused = [6133, 6138, 6192, 6196, 6198, 6205];
  for (const name of names) {
    const file = program.getSourceFile(name);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    const [error] = found.filter(({ code }) => !unused.includes(code));
    if (error !== undefined)
      return ts.flattenDiagnosticMessageText(error.messageText, "\n").split("\n", 1)[0]!;
  }
  return undefined;
}
