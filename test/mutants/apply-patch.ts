import { spawnSync } from "node:child_process";
import { join } from "node:path";
import ts from "typescript";
import { programOf } from "../../scripts/typescript-program.ts";

/** Applies a patch to a copy of the repository. Throws unless it applies, touches `src/` only, and compiles. */
export function applyPatch(folder: string, patch: string): void {
  const touched = git(folder, ["apply", "--numstat", "-z", patch])
    .split("\0")
    .filter((entry) => entry !== "")
    .map((entry) => entry.split("\t").at(-1)!);
  const outside = touched.filter((path) => !path.startsWith("src/"));
  if (outside.length > 0) throw new Error(`it touches ${outside.join(", ")}; a mutant changes src/ only`);
  git(folder, ["apply", "--whitespace=nowarn", patch]);
  const error = compileError(touched.map((path) => join(folder, path)));
  if (error !== undefined) throw new Error(`it does not compile: ${error}`);
}

function git(folder: string, options: readonly string[]): string {
  // A ceiling, so that git takes the copy for a plain folder even when a repository lies around it.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: join(folder, "..") };
  const { status, stdout, stderr } = spawnSync("git", options, { cwd: folder, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`it does not apply: ${stderr.trim().replaceAll("\n", "; ")}`);
  return stdout;
}

/**
 * The first error of the type checker in these files. A misspelt name would fail any test, and prove nothing.
 * What a bug leaves unused is no error here.
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
