import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { excerpts } from "../../scripts/guide/guide-pages.ts";

const root = new URL("../../", import.meta.url);

it.each(excerpts)("docs/%s.md shows code that the example contains", (name) => {
  const folder = new URL(`examples/${name}/`, root);
  const files = readdirSync(fileURLToPath(folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => withoutLayout(readFileSync(new URL(path, folder), "utf8")));
  const guide = readFileSync(new URL(`docs/${name}.md`, root), "utf8");
  const blocks = Array.from(guide.matchAll(/^```tsx?\n(.*?)^```/gms), ([, code]) => code!);
  expect(blocks.length).toBeGreaterThan(5);
  for (const block of blocks) {
    expect(
      files.some((file) => file.includes(withoutLayout(block))),
      block,
    ).toBe(true);
  }
});

/** The guide indents code less, so the formatter breaks lines and adds trailing commas elsewhere. */
function withoutLayout(code: string): string {
  return code.replace(/\s+/g, "").replace(/,(?=[)\]}])/g, "");
}
