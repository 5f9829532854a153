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
 * A place for copies of the repository, so that no bug is ever planted in the work tree. All copies are of one moment:
 * who goes on editing does not change what is hunted.
 */
export class Workspace {
  /** The copy to leave as it is. */
  readonly unmutated: string;
  readonly #folder: string;
  #copies = 0;

  constructor(repository: string) {
    this.#folder = realpathSync(mkdtempSync(join(tmpdir(), "mutants-")));
    this.unmutated = join(this.#folder, "unmutated");
    for (const path of filesOf(repository)) cpSync(join(repository, path), join(this.unmutated, path));
    linkModules(join(repository, "node_modules"), join(this.unmutated, "node_modules"));
  }

  /** Makes a copy to plant a bug in. */
  copy(): string {
    const folder = join(this.#folder, `copy-${++this.#copies}`);
    cpSync(this.unmutated, folder, { recursive: true, verbatimSymlinks: true, filter: isNoCache });
    return folder;
  }

  /** Removes all copies. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What git tracks or would track, as it stands now. */
function filesOf(repository: string): string[] {
  const listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const paths = execFileSync("git", listing, { cwd: repository, encoding: "utf8" }).split("\0");
  // Git also lists what was deleted and not yet committed, and links.
  return paths.filter((path) => statSync(join(repository, path), { throwIfNoEntry: false })?.isFile());
}

/** Links packages one by one: vite keeps its caches beside them, and each copy needs its own. */
function linkModules(source: string, target: string): void {
  mkdirSync(target);
  for (const name of readdirSync(source).filter(isNoCache))
    symlinkSync(join(source, name), join(target, name));
}

function isNoCache(path: string): boolean {
  return !basename(path).startsWith(".vite");
}
