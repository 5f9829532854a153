import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import tsup from "../../tsup.config.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { name, exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const entries = Object.keys(exports).filter((entry) => entry !== "./package.json");

it("every entry is built from an existing source to the path in package.json", () => {
  const { entry: sources } = tsup as { entry: Record<string, string> };
  expect(entries.length).toBeGreaterThan(1);
  for (const entry of entries) {
    const built = exports[entry].import.default.replace(/^\.\/dist\/|\.js$/g, "");
    const types = (extension: string) => `./dist/${built}.${extension}`;
    expect(exports[entry]).toEqual({
      import: { types: types("d.ts"), default: types("js") },
      require: { types: types("d.cts"), default: types("cjs") },
    });
    expect(existsSync(root + sources[built]), entry).toBe(true);
  }
  expect(Object.keys(sources)).toHaveLength(entries.length);
});

it.each(entries)("the docs show an import of %s", (entry) => {
  const pages = readdirSync(`${root}docs`, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".md"),
  );
  const texts = ["README.md", ...pages.map((page) => `docs/${page}`)].map((path) =>
    readFileSync(root + path, "utf8"),
  );
  const specifier = `from "${name}${entry.slice(1)}"`;
  expect(texts.some((text) => text.includes(specifier))).toBe(true);
});
