/**
 * Writes a stub folder for every subpath of `exports`, and removes it again. The `package.json` in `client/` leads to
 * `dist/client`, so that `rollcall/client` also resolves in tools that do not read `exports`: TypeScript with
 * `moduleResolution: node10`, Jest 27, and Metro before 0.82. The stubs are in the tarball, not in the repository:
 * `prepack` runs `tsx scripts/stubs.ts write`, and `postpack` runs `tsx scripts/stubs.ts remove`.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** The part of an entry of `exports` that a stub needs. */
interface Entry {
  readonly import: { readonly types: string; readonly default: string };
  readonly require: { readonly default: string };
}

/** The stubs of a package, by path: `client/package.json` and the others. */
export function stubsOf(exports: Readonly<Record<string, Entry | string>>): Map<string, string> {
  const stubs = new Map<string, string>();
  for (const [subpath, entry] of Object.entries(exports)) {
    if (subpath === "." || typeof entry === "string") continue;
    const from = (target: string) => posix.relative(subpath, target);
    const manifest = {
      main: from(entry.require.default),
      module: from(entry.import.default),
      types: from(entry.import.types),
    };
    stubs.set(posix.join(subpath, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  }
  return stubs;
}

const root = fileURLToPath(new URL("../", import.meta.url));

/** The stubs of this package. */
export function stubsOfPackage(): Map<string, string> {
  return stubsOf(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).exports);
}

function write(): void {
  for (const [path, text] of stubsOfPackage()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** Removes the stubs, and each of their folders that is then empty. */
function remove(): void {
  const paths = [...stubsOfPackage().keys()];
  for (const path of paths) rmSync(join(root, path), { force: true });
  // The deepest first: `testing/arbitraries`, then `testing`.
  const folders = new Set(paths.flatMap((path) => parentsOf(path)));
  for (const folder of [...folders].sort().reverse()) {
    if (readdirSync(join(root, folder)).length === 0) rmdirSync(join(root, folder));
  }
}

/** `testing/arbitraries` and `testing` for `testing/arbitraries/package.json`. */
function parentsOf(path: string): string[] {
  const parent = posix.dirname(path);
  return parent === "." ? [] : [parent, ...parentsOf(parent)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command] = process.argv.slice(2);
  if (command === "write") write();
  else if (command === "remove") remove();
  else throw new Error(`tsx scripts/stubs.ts takes "write" or "remove", not ${JSON.stringify(command)}`);
}
