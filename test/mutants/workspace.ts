import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/**
 * A temporary folder with copies of the repository, so that no bug is planted in the working tree. All copies have the state
 * of the same moment, even if files of the working tree change later.
 */
export class Workspace {
  /** The copy without a bug. */
  readonly unmutated: string;
  readonly #folder: string;
  #copies = 0;

  constructor(repository: string) {
    this.#folder = realpathSync(mkdtempSync(join(tmpdir(), "mutants-")));
    this.unmutated = join(this.#folder, "unmutated");
    for (const path of filesOf(repository)) cpSync(join(repository, path), join(this.unmutated, path));
    linkModules(join(repository, "node_modules"), join(this.unmutated, "node_modules"));
  }

  /** Makes a copy for a bug. */
  copy(): string {
    const folder = join(this.#folder, `copy-${++this.#copies}`);
    cpSync(this.unmutated, folder, { recursive: true, verbatimSymlinks: true, filter: isNotCache });
    return folder;
  }

  /** Removes all copies. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The paths of all files that git tracks, or would add. */
function filesOf(repository: string): string[] {
  const listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const paths = execFileSync("git", listing, { cwd: repository, encoding: "utf8" }).split("\0");
  // Git also lists deleted files that are not committed yet, and links.
  return paths.filter((path) => statSync(join(repository, path), { throwIfNoEntry: false })?.isFile());
}

/** Links each package separately, because vite keeps a cache next to the packages, and each copy needs its own. */
function linkModules(source: string, target: string): void {
  mkdirSync(target);
  for (const name of readdirSync(source).filter(isNotCache))
    symlinkSync(join(source, name), join(target, name));
}

function isNotCache(path: string): boolean {
  return !basename(path).startsWith(".vite");
}
