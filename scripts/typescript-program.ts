import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/**
 * A program of these files with the options of our `tsconfig.json`. The files may be anywhere. Declaration files are most
 * of the work, so they are read once per process.
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
