/**
 * Completes `package-lock.json` after an install from a registry mirror that lacks packages of other platforms: npm
 * then leaves them out of the lock file, and `npm ci` refuses it, here and on those platforms. What a package names
 * at its own version among its optional dependencies is such a package; its integrity stays unknown.
 *
 * `tsx scripts/complete-lock.ts`, after any `npm install` that touched a package with native binaries.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
  readonly license?: string;
  readonly optional?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

const path = fileURLToPath(new URL("../package-lock.json", import.meta.url));
const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, Locked> };
const missing = Object.entries(lock.packages).flatMap(([place, locked]) => binariesOf(place, locked));
const [root, ...others] = [...Object.entries(lock.packages), ...missing];
others.sort(([one], [other]) => one.localeCompare(other, "en"));
writeFileSync(
  path,
  `${JSON.stringify({ ...lock, packages: Object.fromEntries([root!, ...others]) }, null, 2)}\n`,
);
console.log(`${missing.length} packages of other platforms added`);

/** The packages that a package needs on other platforms and that the lock file lacks. */
function binariesOf(
  place: string,
  { version, dev, license, optionalDependencies = {} }: Locked,
): [string, Locked][] {
  return Object.entries(optionalDependencies).flatMap(([name, range]): [string, Locked][] => {
    const places = [`${place}/node_modules/${name}`, `node_modules/${name}`];
    if (range !== version || places.some((known) => known in lock.packages)) return [];
    const platform = platformOf(name);
    return [
      [
        places[1]!,
        { version, ...platform, ...(dev && { dev }), ...(license && { license }), optional: true },
      ],
    ];
  });
}

/** `@rollup/rollup-linux-x64-musl` runs on Linux, on x64, with musl. */
function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } {
  const [, os, cpu, abi = ""] =
    /(android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-([a-z0-9]+)(?:-([a-z]+))?$/.exec(
      name,
    ) ?? [];
  if (os === undefined || cpu === undefined) throw new Error(`${name}: its name does not tell its platform`);
  if (os !== "linux" || !/^(musl|gnu)/.test(abi)) return { os: [os], cpu: [cpu] };
  return { os: [os], cpu: [cpu], libc: [abi.startsWith("musl") ? "musl" : "glibc"] };
}
