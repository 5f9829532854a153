import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/**
 * A program of these files under the options of our own `tsconfig.json`, wherever the files are. Declaration files
 * are read once a process: they are most of the work, and the same for every program.
 */
export function programOf(names: readonly string[]): ts.Program {
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile;
  host.getSourceFile = (name, ...how) => {
    if (!name.endsWith(".d.ts")) return read(name, ...how);
    if (!declarations.has(name)) declarations.set(name, read(name, ...how));
    return declarations.get(name);
  };
  return ts.createProgram(names, options, host);
}

const declarations = new Map<string, ts.SourceFile | undefined>();

function compilerOptions(): ts.CompilerOptions {
  const path = fileURLToPath(new URL("../tsconfig.json", import.meta.url));
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, dirname(path), {}, path).options;
}
