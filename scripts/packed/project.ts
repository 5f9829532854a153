import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** An empty project of a user. */
export interface Project {
  readonly folder: string;
  write(path: string, text: string): void;
  /**
   * Runs a program in the folder and returns its stdout.
   *
   * @throws {Error} with the whole output if the program does not exit with 0.
   */
  run(program: string, ...args: string[]): string;
}

export function projectIn(folder: string, manifest: object): Project {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write("package.json", JSON.stringify(manifest));
  return { folder, write, run: (program, ...args) => runIn(folder, program, args) };
}

export function runIn(cwd: string, program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8", maxBuffer: 1e9 });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} exited with ${status}: ${stdout}${stderr}`);
  return stdout;
}

/** Packs the package into a folder, as `npm publish` does, and returns the path of the tarball. */
export function pack(folder: string): string {
  runIn(root, "npm", ["pack", "--pack-destination", folder]);
  const [name] = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  return join(folder, name!);
}

/** A package with the version that our own tests use, as `npm install` takes it. */
export function ours(name: string): string {
  const { version } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
  return `${name}@${version}`;
}

/** The import paths of all entries: `rollcall`, `rollcall/client` and so on. */
export const entries: readonly string[] = Object.keys(
  JSON.parse(readFileSync(join(root, "package.json"), "utf8")).exports,
)
  .filter((name) => !name.endsWith(".json"))
  .map((name) => `rollcall${name.slice(1)}`);

/** Entries that need one other package, and that package. */
export const peers: Readonly<Record<string, string>> = {
  "rollcall/react": "react",
  "rollcall/phoenix": "ws",
  "rollcall/testing/arbitraries": "fast-check",
};
